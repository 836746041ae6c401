import type { DocumentName } from '../docs/naming.js'

/**
 * Who may use what of a relay (A2). What stands in no list here is refused: a route can only be registered by its id
 * (`routes.ts`), a document of a kind is only reached as its entry says (`access.ts`). docs/ACCESS.md is made from this.
 */

/**
 * - `anyone`: whoever asks, signed in or not
 * - `till`, `manager-terminal`: a terminal that proved its key, by the role it was paired with
 * - `operator`, `auditor`, `manager`: a person who signed in; a manager for one shop
 * - `machine`: a command of whoever can read the relay's directory, on its machine
 */
export const CALLERS = [
  'anyone',
  'till',
  'manager-terminal',
  'operator',
  'auditor',
  'manager',
  'machine',
] as const
export type Caller = (typeof CALLERS)[number]

/** What a body is read as; without it none is read. JSON of those who have not proven who they are is small. */
export type Body = 'json' | 'small-json' | 'part'

export interface RouteEntry {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly who: readonly Caller[]
  readonly purpose: string
  readonly takes?: Body
  /** Counted by address: what costs the relay something before anyone has proven who they are. */
  readonly rated?: true
}

const ANYONE = ['anyone'] as const
const TERMINALS = ['till', 'manager-terminal'] as const
const PEOPLE = ['operator', 'auditor', 'manager'] as const
const READERS = ['operator', 'auditor', 'manager', 'machine'] as const
const INSPECTORS = ['operator', 'auditor', 'machine'] as const
const OPERATORS = ['operator', 'machine'] as const
/** About a shop; a manager about the own one. */
const DECIDERS = ['operator', 'manager', 'machine'] as const

export const ROUTES = {
  page: { method: 'GET', path: '/', who: ANYONE, purpose: 'the page people sign in on' },
  pageFile: { method: 'GET', path: '/web/:file', who: ANYONE, purpose: 'scripts and style of the page' },
  health: { method: 'GET', path: '/healthz', who: ANYONE, purpose: 'whether the process answers' },
  ready: { method: 'GET', path: '/readyz', who: ANYONE, purpose: 'whether it takes on work' },

  metrics: {
    method: 'GET',
    path: '/metrics',
    who: ANYONE,
    rated: true,
    purpose: 'figures for Prometheus: on this machine itself, elsewhere only with the metrics token',
  },

  pair: {
    method: 'POST',
    path: '/v1/pair',
    who: ANYONE,
    takes: 'small-json',
    rated: true,
    purpose: 'become a terminal, with a pairing code and a key of one’s own',
  },
  challenge: {
    method: 'POST',
    path: '/v1/challenge',
    who: ANYONE,
    takes: 'small-json',
    rated: true,
    purpose: 'a nonce to sign',
  },
  connect: {
    method: 'POST',
    path: '/v1/connect',
    who: ANYONE,
    takes: 'small-json',
    rated: true,
    purpose: 'prove to hold a terminal’s key: session and ticket',
  },
  epoch: {
    method: 'POST',
    path: '/v1/epoch',
    who: TERMINALS,
    takes: 'json',
    purpose: 'the next epoch of its own',
  },
  sync: {
    method: 'POST',
    path: '/v1/sync',
    who: TERMINALS,
    takes: 'json',
    purpose: 'name the documents it brings, and hear of those it should have',
  },
  custody: {
    method: 'POST',
    path: '/v1/custody',
    who: TERMINALS,
    takes: 'json',
    purpose: 'receipts for documents it may write',
  },
  pull: {
    method: 'POST',
    path: '/v1/pull',
    who: TERMINALS,
    takes: 'json',
    purpose: 'what it lacks of documents it may read',
  },
  books: {
    method: 'POST',
    path: '/v1/books',
    who: TERMINALS,
    takes: 'part',
    purpose: 'changes of its day books, and receipts for them',
  },
  report: {
    method: 'POST',
    path: '/v1/report',
    who: TERMINALS,
    takes: 'small-json',
    purpose: 'say how it stands, for the relay’s operator',
  },
  invoice: { method: 'GET', path: '/v1/invoice', who: TERMINALS, purpose: 'an invoice of its shop' },
  stock: {
    method: 'POST',
    path: '/v1/stock',
    who: ['manager-terminal'],
    takes: 'json',
    purpose: 'enter goods its shop received',
  },
  ownCashiers: {
    method: 'GET',
    path: '/v1/cashiers',
    who: ['manager-terminal'],
    purpose: 'who signs in at the terminals of its shop',
  },
  ownCashierAdd: {
    method: 'POST',
    path: '/v1/cashiers',
    who: ['manager-terminal'],
    takes: 'json',
    purpose: 'let somebody sign in at the terminals of its shop',
  },
  ownCashierPin: {
    method: 'PUT',
    path: '/v1/cashiers/pin',
    who: ['manager-terminal'],
    takes: 'json',
    purpose: 'give a cashier of its shop a new PIN',
  },
  ownCashierRemove: {
    method: 'POST',
    path: '/v1/cashiers/remove',
    who: ['manager-terminal'],
    takes: 'json',
    purpose: 'a cashier of its shop may not sign in any more',
  },
  ownShop: {
    method: 'PUT',
    path: '/v1/shop',
    who: ['manager-terminal'],
    takes: 'json',
    purpose: 'change what slips say of its shop',
  },
  images: {
    method: 'POST',
    path: '/v1/images',
    who: TERMINALS,
    takes: 'json',
    purpose: 'receipts for images of its shop, and how far those are that are missing',
  },
  imagePart: {
    method: 'PATCH',
    path: '/v1/images/:sha256',
    who: ['manager-terminal'],
    takes: 'part',
    purpose: 'a part of an image that its shop has named',
  },
  image: {
    method: 'GET',
    path: '/v1/images/:sha256',
    who: TERMINALS,
    purpose: 'an image of its shop, or the rest of it',
  },
  handoffBegin: {
    method: 'PUT',
    path: '/v1/handoffs/:id',
    who: TERMINALS,
    takes: 'json',
    purpose: 'begin a handoff of its own, or go on with it',
  },
  handoffPart: {
    method: 'PATCH',
    path: '/v1/handoffs/:id',
    who: TERMINALS,
    takes: 'part',
    purpose: 'a part of its bundle',
  },
  handoffTake: {
    method: 'POST',
    path: '/v1/handoffs/:id/take',
    who: TERMINALS,
    purpose: 'merge its bundle and get the receipts',
  },

  logView: {
    method: 'GET',
    path: '/v1/log',
    who: TERMINALS,
    purpose: 'the log’s newest checkpoint, that it continues an older one, and what others countersigned',
  },
  logReceipts: {
    method: 'GET',
    path: '/v1/log/receipts',
    who: TERMINALS,
    purpose: 'that receipts are in the log',
  },
  logCountersign: {
    method: 'POST',
    path: '/v1/log/countersignature',
    who: TERMINALS,
    takes: 'small-json',
    purpose: 'leave a countersigned checkpoint',
  },

  signIn: {
    method: 'POST',
    path: '/v1/sign-in',
    who: ANYONE,
    takes: 'small-json',
    rated: true,
    purpose: 'a person signs in with name and password',
  },
  signOut: { method: 'POST', path: '/v1/sign-out', who: PEOPLE, purpose: 'end one’s own session' },
  me: { method: 'GET', path: '/v1/me', who: PEOPLE, purpose: 'who is signed in' },

  pairings: {
    method: 'POST',
    path: '/v1/admin/pairings',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'make a pairing code',
  },
  shops: {
    method: 'PUT',
    path: '/v1/admin/shops',
    who: DECIDERS,
    takes: 'small-json',
    purpose: 'found a shop or change its settings; a manager those of the own shop',
  },
  status: {
    method: 'GET',
    path: '/v1/admin/status',
    who: READERS,
    purpose: 'shops, terminals and damage; a manager sees the own shop',
  },
  fleet: {
    method: 'GET',
    path: '/v1/admin/fleet',
    who: READERS,
    purpose: 'how each terminal stands; a manager those of the own shop',
  },
  fleetOne: {
    method: 'GET',
    path: '/v1/admin/fleet/:terminal',
    who: READERS,
    purpose: 'all about one terminal; a manager about those of the own shop',
  },
  events: {
    method: 'GET',
    path: '/v1/admin/events',
    who: READERS,
    purpose: 'changes as they come, as server-sent events; a manager those of the own shop',
  },
  exceptions: {
    method: 'GET',
    path: '/v1/admin/exceptions',
    who: READERS,
    purpose: 'oversold items, conflicts, refusals, damage; a manager those of the own shop',
  },
  healthSeries: {
    method: 'GET',
    path: '/v1/admin/health',
    who: INSPECTORS,
    purpose: 'storage, queues, connections and rates over the last day',
  },
  export: {
    method: 'GET',
    path: '/v1/admin/export',
    who: READERS,
    purpose: 'invoices and credit notes; a manager those of the own shop',
  },
  records: {
    method: 'GET',
    path: '/v1/admin/records',
    who: READERS,
    purpose: 'look for sealed records; a manager those of the own shop',
  },
  record: {
    method: 'GET',
    path: '/v1/admin/records/:document/:position',
    who: READERS,
    purpose: 'one sealed record, and whether it is what its terminal signed',
  },
  audit: {
    method: 'GET',
    path: '/v1/admin/audit',
    who: READERS,
    purpose: 'whether every series is complete, and what an auditor asks about',
  },
  bundle: {
    method: 'GET',
    path: '/v1/admin/bundle',
    who: INSPECTORS,
    purpose: 'a signed export bundle of all shops, to be verified elsewhere',
  },
  verification: {
    method: 'GET',
    path: '/v1/admin/verification',
    who: INSPECTORS,
    purpose: 'whether everything held here verifies',
  },
  history: {
    method: 'GET',
    path: '/v1/admin/history',
    who: READERS,
    purpose: 'who changed what, when; a manager in the own shop',
  },
  asOf: {
    method: 'GET',
    path: '/v1/admin/as-of',
    who: READERS,
    purpose: 'what was known at a moment, to the relay or to a terminal; a manager in the own shop',
  },
  reads: {
    method: 'GET',
    path: '/v1/admin/reads',
    who: INSPECTORS,
    purpose: 'what auditors read here, and when',
  },
  shopImage: {
    method: 'GET',
    path: '/v1/admin/images/:sha256',
    who: READERS,
    purpose: 'an image of a shop; a manager those of the own',
  },
  incidents: {
    method: 'GET',
    path: '/v1/admin/incidents',
    who: INSPECTORS,
    purpose: 'what the relay refused or found',
  },
  evidence: {
    method: 'GET',
    path: '/v1/admin/evidence/:serial',
    who: INSPECTORS,
    purpose: 'the bytes kept of an incident',
  },
  acceptIncident: {
    method: 'POST',
    path: '/v1/admin/incidents/accept',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'say that an incident was looked at: it is an alarm no more',
  },
  logCheckpoint: {
    method: 'GET',
    path: '/v1/admin/log/checkpoint',
    who: INSPECTORS,
    purpose: 'the log’s newest checkpoint',
  },
  logInclusion: {
    method: 'GET',
    path: '/v1/admin/log/inclusion',
    who: INSPECTORS,
    purpose: 'that a receipt or another leaf is in the log',
  },
  logConsistency: {
    method: 'GET',
    path: '/v1/admin/log/consistency',
    who: INSPECTORS,
    purpose: 'that the log continues what it was',
  },
  logEntries: {
    method: 'GET',
    path: '/v1/admin/log/entries',
    who: INSPECTORS,
    purpose: 'leaves of the log',
  },
  logCountersignatures: {
    method: 'GET',
    path: '/v1/admin/log/countersignatures',
    who: INSPECTORS,
    purpose: 'the last checkpoint each terminal countersigned',
  },

  cashiers: {
    method: 'GET',
    path: '/v1/admin/cashiers',
    who: READERS,
    purpose: 'who signs in at the terminals of a shop; a manager of the own shop',
  },
  cashierAdd: {
    method: 'POST',
    path: '/v1/admin/cashiers',
    who: DECIDERS,
    takes: 'small-json',
    purpose: 'let somebody sign in at the terminals of a shop',
  },
  cashierPin: {
    method: 'PUT',
    path: '/v1/admin/cashiers/pin',
    who: DECIDERS,
    takes: 'small-json',
    purpose: 'give a cashier a new PIN',
  },
  cashierRemove: {
    method: 'POST',
    path: '/v1/admin/cashiers/remove',
    who: DECIDERS,
    takes: 'small-json',
    purpose: 'a cashier may not sign in any more',
  },
  revoke: {
    method: 'POST',
    path: '/v1/admin/terminals/revoke',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'shut a terminal out, at once',
  },
  reinstate: {
    method: 'POST',
    path: '/v1/admin/terminals/reinstate',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'let a revoked terminal be paired again',
  },
  intake: {
    method: 'POST',
    path: '/v1/admin/terminals/intake',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'let a revoked terminal hand in its day books for a while',
  },
  closeIntake: {
    method: 'POST',
    path: '/v1/admin/terminals/close-intake',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'end that before its time',
  },
  settleFork: {
    method: 'POST',
    path: '/v1/admin/terminals/settle-fork',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'end the alarm about two live copies of a terminal',
  },
  moveEpoch: {
    method: 'POST',
    path: '/v1/admin/terminals/move-epoch',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'have a terminal go on in its next epoch',
  },
  rename: {
    method: 'POST',
    path: '/v1/admin/terminals/rename',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'give a terminal another name',
  },
  people: { method: 'GET', path: '/v1/admin/people', who: OPERATORS, purpose: 'who may sign in' },
  personAdd: {
    method: 'POST',
    path: '/v1/admin/people',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'let a person sign in',
  },
  personPassword: {
    method: 'PUT',
    path: '/v1/admin/people/password',
    who: OPERATORS,
    takes: 'small-json',
    purpose: 'give a person a new password; ends the sessions of the old one',
  },
  personRemove: {
    method: 'DELETE',
    path: '/v1/admin/people',
    who: OPERATORS,
    purpose: 'a person may not sign in any more; ends all sessions',
  },
} as const satisfies Record<string, RouteEntry>

export type RouteId = keyof typeof ROUTES

/**
 * Which terminals reach documents of a kind. No terminal ever reaches those of another shop.
 * - `shop`: all terminals of the shop
 * - `managers`: its terminals of role manager
 * - `own`: the terminal that the document's name says
 * - `none`: none; the relay itself writes them
 */
export type Reach = 'shop' | 'managers' | 'own' | 'none'

export interface DocumentEntry {
  /** May ask for it (`request`, `sync`) and is answered with changes. */
  readonly read: Reach
  /** May bring changes to it (`sync`, and bundles). */
  readonly write: Reach
}

export const DOCUMENTS: Readonly<Record<DocumentName['kind'], DocumentEntry>> = {
  shop: { read: 'shop', write: 'none' },
  catalogue: { read: 'shop', write: 'managers' },
  bills: { read: 'shop', write: 'shop' },
  daybook: { read: 'own', write: 'own' },
  stock: { read: 'shop', write: 'none' },
  sales: { read: 'shop', write: 'none' },
  images: { read: 'shop', write: 'managers' },
}

export interface MessageEntry {
  readonly who: 'terminal'
  readonly needs: 'nothing' | 'read' | 'read; its changes need write'
  readonly purpose: string
}

/** Frames of the WebSocket `/v1/socket`, which opens only for a ticket of `connect`. Any other frame closes it. */
export const MESSAGES = {
  join: { who: 'terminal', needs: 'nothing', purpose: 'begin, as the terminal the ticket was given to' },
  request: { who: 'terminal', needs: 'read; its changes need write', purpose: 'ask for a document' },
  sync: { who: 'terminal', needs: 'read; its changes need write', purpose: 'exchange changes of a document' },
  'doc-unavailable': { who: 'terminal', needs: 'read', purpose: 'say that it has no such document' },
} as const satisfies Record<string, MessageEntry>
