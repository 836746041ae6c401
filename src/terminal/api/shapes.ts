import type { ApiShape } from '../../protocol/api-shape.js'
import { AS_OF_SHAPE, HISTORY_SHAPE } from '../../protocol/history-shapes.js'

const TERMINAL = 'terminal-api.schema.json#/$defs/'
const RELAY = 'relay-api.schema.json#/$defs/'

/** What each route of a terminal takes and answers, by method and path. */
export const SHAPES: Readonly<Record<string, ApiShape>> = {
  'GET /v1/sign-in': { answer: `${TERMINAL}SignInNames` },
  'POST /v1/sign-in': { body: `${TERMINAL}SignInRequest`, answer: `${TERMINAL}SignedIn` },
  'POST /v1/sign-out': { answer: `${TERMINAL}Me` },
  'GET /v1/me': { answer: `${TERMINAL}Me` },
  'GET /v1/status': {},
  'GET /v1/events': { answer: 'text/event-stream' },
  'GET /v1/bills': {},
  'POST /v1/bills': { body: `${TERMINAL}OpenBill`, status: 201 },
  'GET /v1/bills/:bill': {},
  'PATCH /v1/bills/:bill': { body: `${TERMINAL}EditBill` },
  'POST /v1/bills/:bill/lines': { body: `${TERMINAL}AddLine`, status: 201 },
  'PATCH /v1/bills/:bill/lines/:line': { body: `${TERMINAL}EditLine` },
  'POST /v1/bills/:bill/seal': { body: `${TERMINAL}SealBill`, status: 201 },
  'POST /v1/sales': { body: `${TERMINAL}SaleRequest`, status: 201 },
  'POST /v1/credit-notes': { body: `${TERMINAL}CreditRequest`, status: 201 },
  'GET /v1/invoices': {
    query: {
      number: 'One invoice or credit note, with its corrections.',
      limit: 'How many of the last ones.',
    },
  },
  'POST /v1/invoices/reprint': { body: `${TERMINAL}ReprintRequest`, status: 201 },
  'POST /v1/drawer': { body: `${TERMINAL}DrawerRequest`, status: 201 },
  'GET /v1/sealed': { query: { externalRef: 'The reference of the other system.' } },
  'GET /v1/day': {},
  'POST /v1/day/close': {
    body: `${TERMINAL}OnlyBy`,
    answer: 'record.schema.json#/$defs/DayCloseRecord',
    status: 201,
  },
  'GET /v1/items': {
    query: {
      query: 'Words of the name, a SKU or a barcode.',
      limit: 'How many, at most 200.',
      offset: 'How many to skip.',
    },
  },
  'GET /v1/items/:sku': {},
  'POST /v1/items': { body: `${TERMINAL}EditItems` },
  'GET /v1/stock/:sku': {},
  'GET /v1/taxes': {},
  'GET /v1/conflicts': {},
  'GET /v1/shop': {},
  'GET /v1/setup/users': { answer: `${RELAY}CashierList` },
  'POST /v1/setup/users': { body: `${TERMINAL}UserRequest`, answer: `${RELAY}CashierList`, status: 201 },
  'PUT /v1/setup/users/pin': { body: `${TERMINAL}UserPinRequest`, answer: `${RELAY}CashierList` },
  'POST /v1/setup/users/remove': { body: `${TERMINAL}UserNameRequest`, answer: `${RELAY}CashierList` },
  'PUT /v1/setup/shop': { body: `${TERMINAL}ShopFactsRequest` },
  'GET /v1/setup/printing': { answer: `${TERMINAL}Printing` },
  'PUT /v1/setup/printing': { body: `${TERMINAL}PrintingRequest`, answer: `${TERMINAL}Printing` },
  'GET /v1/images': {},
  'GET /v1/images/:sha256': { answer: 'application/octet-stream' },
  'PUT /v1/items/:sku/image': {
    body: 'application/octet-stream',
    query: { by: 'The person, where nobody signs in.' },
    status: 201,
  },
  'DELETE /v1/items/:sku/image': { query: { by: 'The person, where nobody signs in.' } },
  'POST /v1/images/sync': {},
  'POST /v1/images/force': {},
  'POST /v1/sync': {},
  'POST /v1/online': { body: `${TERMINAL}OnlineRequest` },
  'POST /v1/disconnect': { body: `${TERMINAL}OnlyBy` },
  'POST /v1/force': { body: `${TERMINAL}ForceRequest` },
  'GET /v1/force/preview': { query: { keepCatalogue: 'false to delete the catalogue too.' } },
  'POST /v1/work/cancel': {},
  'POST /v1/mark-synced': { body: `${TERMINAL}OnlyBy` },
  'GET /v1/export': {
    query: {
      format: 'json or csv.',
      from: 'First business day, YYYY-MM-DD.',
      to: 'Last business day, YYYY-MM-DD.',
    },
  },
  'GET /v1/history': HISTORY_SHAPE,
  'GET /v1/as-of': AS_OF_SHAPE,
}
