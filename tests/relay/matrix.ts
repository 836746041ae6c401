import type { DocumentName } from '../../src/docs/naming.js'

/**
 * Who may use what of a relay, as this file says it: nothing here is computed from the access table, so that a slip of
 * the hand there is found here.
 */

export const WHO = [
  'nobody',
  'an unpaired terminal',
  'a till',
  'a manager’s terminal',
  'a terminal of another shop',
  'a revoked terminal',
  'an auditor',
  'an operator',
  'a manager',
  'a command on the relay’s machine',
] as const
export type Who = (typeof WHO)[number]

/** `y`: yes. `1`: 401, not known to be anyone. `3`: 403, known, and not allowed to. One letter for each of WHO, in order. */
export const ROUTES: Readonly<Record<string, string>> = {
  //                                    n u  t m o  r  a o m c
  'GET /': /*                        */ 'y y  y y y  y  y y y y',
  'GET /web/:file': /*               */ 'y y  y y y  y  y y y y',
  'GET /healthz': /*                 */ 'y y  y y y  y  y y y y',
  'GET /readyz': /*                  */ 'y y  y y y  y  y y y y',
  'GET /metrics': /*                 */ 'y y  y y y  y  y y y y',
  'POST /v1/pair': /*                */ 'y y  y y y  y  y y y y',
  'POST /v1/challenge': /*           */ 'y y  y y y  y  y y y y',
  'POST /v1/connect': /*             */ 'y y  y y y  y  y y y y',
  'POST /v1/sign-in': /*             */ 'y y  y y y  y  y y y y',
  'POST /v1/epoch': /*               */ '1 1  y y y  1  3 3 3 3',
  'POST /v1/sync': /*                */ '1 1  y y y  1  3 3 3 3',
  'POST /v1/custody': /*             */ '1 1  y y y  1  3 3 3 3',
  'POST /v1/pull': /*                */ '1 1  y y y  1  3 3 3 3',
  'POST /v1/books': /*               */ '1 1  y y y  1  3 3 3 3',
  'POST /v1/report': /*              */ '1 1  y y y  1  3 3 3 3',
  'GET /v1/invoice': /*              */ '1 1  y y y  1  3 3 3 3',
  'POST /v1/stock': /*               */ '1 1  3 y y  1  3 3 3 3',
  'GET /v1/cashiers': /*             */ '1 1  3 y y  1  3 3 3 3',
  'POST /v1/cashiers': /*            */ '1 1  3 y y  1  3 3 3 3',
  'PUT /v1/cashiers/pin': /*         */ '1 1  3 y y  1  3 3 3 3',
  'POST /v1/cashiers/remove': /*     */ '1 1  3 y y  1  3 3 3 3',
  'PUT /v1/shop': /*                 */ '1 1  3 y y  1  3 3 3 3',
  'POST /v1/images': /*              */ '1 1  y y y  1  3 3 3 3',
  'PATCH /v1/images/:sha256': /*     */ '1 1  3 y y  1  3 3 3 3',
  'GET /v1/images/:sha256': /*       */ '1 1  y y y  1  3 3 3 3',
  'PUT /v1/handoffs/:id': /*         */ '1 1  y y y  1  3 3 3 3',
  'PATCH /v1/handoffs/:id': /*       */ '1 1  y y y  1  3 3 3 3',
  'POST /v1/handoffs/:id/take': /*   */ '1 1  y y y  1  3 3 3 3',
  'GET /v1/log': /*                  */ '1 1  y y y  1  3 3 3 3',
  'GET /v1/log/receipts': /*         */ '1 1  y y y  1  3 3 3 3',
  'POST /v1/log/countersignature': /**/ '1 1  y y y  1  3 3 3 3',
  'POST /v1/sign-out': /*            */ '1 1  3 3 3  1  y y y 3',
  'GET /v1/me': /*                   */ '1 1  3 3 3  1  y y y 3',
  'POST /v1/admin/pairings': /*      */ '1 1  3 3 3  1  3 y 3 y',
  'PUT /v1/admin/shops': /*          */ '1 1  3 3 3  1  3 y y y',
  'GET /v1/admin/status': /*         */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/fleet': /*          */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/fleet/:terminal': /**/ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/events': /*         */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/exceptions': /*     */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/health': /*         */ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/export': /*         */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/records': /*        */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/records/:document/:position': /**/ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/bundle': /*         */ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/verification': /*   */ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/audit': /*          */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/history': /*        */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/as-of': /*          */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/reads': /*          */ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/images/:sha256': /* */ '1 1  3 3 3  1  y y y y',
  'GET /v1/admin/incidents': /*      */ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/evidence/:serial': /**/ '1 1  3 3 3  1  y y 3 y',
  'POST /v1/admin/incidents/accept': /**/ '1 1  3 3 3  1  3 y 3 y',
  'GET /v1/admin/log/checkpoint': /* */ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/log/inclusion': /*  */ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/log/consistency': /**/ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/log/entries': /*    */ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/log/countersignatures': /**/ '1 1  3 3 3  1  y y 3 y',
  'GET /v1/admin/cashiers': /*       */ '1 1  3 3 3  1  y y y y',
  'POST /v1/admin/cashiers': /*      */ '1 1  3 3 3  1  3 y y y',
  'PUT /v1/admin/cashiers/pin': /*   */ '1 1  3 3 3  1  3 y y y',
  'POST /v1/admin/cashiers/remove': /**/ '1 1  3 3 3  1  3 y y y',
  'POST /v1/admin/terminals/revoke': /**/ '1 1  3 3 3  1  3 y 3 y',
  'POST /v1/admin/terminals/reinstate': /**/ '1 1  3 3 3  1  3 y 3 y',
  'POST /v1/admin/terminals/intake': /**/ '1 1  3 3 3  1  3 y 3 y',
  'POST /v1/admin/terminals/close-intake': /**/ '1 1  3 3 3  1  3 y 3 y',
  'POST /v1/admin/terminals/settle-fork': /**/ '1 1  3 3 3  1  3 y 3 y',
  'POST /v1/admin/terminals/move-epoch': /**/ '1 1  3 3 3  1  3 y 3 y',
  'POST /v1/admin/terminals/rename': /**/ '1 1  3 3 3  1  3 y 3 y',
  'GET /v1/admin/people': /*         */ '1 1  3 3 3  1  3 y 3 y',
  'POST /v1/admin/people': /*        */ '1 1  3 3 3  1  3 y 3 y',
  'PUT /v1/admin/people/password': /**/ '1 1  3 3 3  1  3 y 3 y',
  'DELETE /v1/admin/people': /*      */ '1 1  3 3 3  1  3 y 3 y',
}

/** Who gets a WebSocket with what it can show. */
export const SOCKET = 'n n  y y y  n  n n n n'

export function cell(row: string, who: Who): string {
  return row.split(/\s+/)[WHO.indexOf(who)] ?? ''
}

/**
 * What a till, a manager's terminal and a terminal of another shop (a manager's there) reach of the documents of one
 * shop. `r`: a `request` is answered with the document. `w`: changes in a `sync` are taken. `-`: `doc-unavailable`.
 */
export const DOCUMENTS: Readonly<Record<DocumentName['kind'], string>> = {
  shop: 'r r -',
  catalogue: 'r rw -',
  bills: 'rw rw -',
  // The till's: of others, not even the manager of the shop may read it.
  daybook: 'rw - -',
  stock: 'r r -',
  sales: 'r r -',
  images: 'r rw -',
}

/** Frames a terminal may send. Each is tried on each document. */
export const FRAMES = ['join', 'request', 'sync', 'doc-unavailable'] as const
