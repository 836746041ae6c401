import type { ApiShape } from '../../protocol/api-shape.js'
import { AS_OF_SHAPE, HISTORY_SHAPE } from '../../protocol/history-shapes.js'

const TERMINAL = 'terminal-api.schema.json#/$defs/'
const RELAY = 'relay-api.schema.json#/$defs/'
const ANSWERS = 'terminal-answers.schema.json#/$defs/'
const IMAGE = ['image/jpeg', 'image/png', 'image/webp'] as const

/** 200: it had been sealed before. */
const SEALED = [201, 200] as const

/** What each route of a terminal takes and answers, by method and path. */
export const SHAPES: Readonly<Record<string, ApiShape>> = {
  'GET /v1/sign-in': { answer: `${TERMINAL}SignInNames` },
  'POST /v1/sign-in': { body: `${TERMINAL}SignInRequest`, answer: `${TERMINAL}SignedIn` },
  'POST /v1/sign-out': { answer: `${TERMINAL}Me` },
  'GET /v1/me': { answer: `${TERMINAL}Me` },
  'GET /v1/status': { answer: `${ANSWERS}TerminalStatus` },
  'GET /v1/events': {
    answer: 'text/event-stream',
    events: {
      status: `${ANSWERS}TerminalStatus`,
      sealed: `${ANSWERS}SealedEvent`,
      progress: `${ANSWERS}WorkProgress`,
    },
  },
  'GET /v1/bills': { answer: `${ANSWERS}BillList` },
  'POST /v1/bills': { body: `${TERMINAL}OpenBill`, answer: `${ANSWERS}BillView`, status: 201 },
  'GET /v1/bills/:bill': { answer: `${ANSWERS}BillView` },
  'PATCH /v1/bills/:bill': { body: `${TERMINAL}EditBill`, answer: `${ANSWERS}BillView` },
  'POST /v1/bills/:bill/lines': { body: `${TERMINAL}AddLine`, answer: `${ANSWERS}BillView`, status: 201 },
  'PATCH /v1/bills/:bill/lines/:line': { body: `${TERMINAL}EditLine`, answer: `${ANSWERS}BillView` },
  'POST /v1/bills/:bill/seal': {
    body: `${TERMINAL}SealBill`,
    answer: `${ANSWERS}SaleSealed`,
    status: SEALED,
  },
  'POST /v1/bills/:bill/practise': {
    body: `${TERMINAL}SealBill`,
    answer: `${ANSWERS}TrainingSale`,
    status: 201,
  },
  'POST /v1/training/start': { body: `${TERMINAL}OnlyBy`, answer: `${ANSWERS}TerminalStatus` },
  'POST /v1/training/end': { body: `${TERMINAL}OnlyBy`, answer: `${ANSWERS}TerminalStatus` },
  'POST /v1/sales': { body: `${TERMINAL}SaleRequest`, answer: `${ANSWERS}SaleSealed`, status: SEALED },
  'POST /v1/credit-notes': {
    body: `${TERMINAL}CreditRequest`,
    answer: `${ANSWERS}SaleSealed`,
    status: SEALED,
  },
  'GET /v1/invoices': {
    answer: `${ANSWERS}InvoicesAnswer`,
    query: {
      number: 'One invoice or credit note, with its corrections.',
      limit: 'How many of the last ones.',
    },
  },
  'POST /v1/invoices/reprint': {
    body: `${TERMINAL}ReprintRequest`,
    answer: `${ANSWERS}SaleCopy`,
    status: 201,
  },
  'POST /v1/drawer': { body: `${TERMINAL}DrawerRequest`, answer: `${ANSWERS}DrawerOpened`, status: 201 },
  'GET /v1/sealed': {
    answer: `${ANSWERS}SealedNumber`,
    query: { externalRef: 'The reference of the other system.' },
  },
  'GET /v1/day': { answer: `${ANSWERS}OpenDay` },
  'POST /v1/day/close': {
    body: `${TERMINAL}OnlyBy`,
    answer: 'record.schema.json#/$defs/DayCloseRecord',
    status: 201,
  },
  'GET /v1/items': {
    answer: `${ANSWERS}FoundItems`,
    query: {
      query: 'Words of the name, a SKU or a barcode.',
      limit: 'How many, at most 200.',
      offset: 'How many to skip.',
      withdrawn: 'true for those withdrawn from sale too; false where it is left out.',
    },
  },
  'GET /v1/items/:sku': { answer: `${ANSWERS}ItemView` },
  'POST /v1/items': {
    body: `${TERMINAL}EditItems`,
    answer: `${ANSWERS}ItemsEdited`,
    progress: `${ANSWERS}ItemsProgress`,
  },
  'GET /v1/stock/:sku': { answer: `${ANSWERS}StockView` },
  'GET /v1/taxes': { answer: `${ANSWERS}TaxList` },
  'GET /v1/conflicts': { answer: `${ANSWERS}ConflictList` },
  'GET /v1/shop': { answer: `${ANSWERS}ShopView` },
  'GET /v1/setup/users': { answer: `${RELAY}CashierList` },
  'POST /v1/setup/users': { body: `${TERMINAL}UserRequest`, answer: `${RELAY}CashierList`, status: 201 },
  'PUT /v1/setup/users/pin': { body: `${TERMINAL}UserPinRequest`, answer: `${RELAY}CashierList` },
  'POST /v1/setup/users/remove': { body: `${TERMINAL}UserNameRequest`, answer: `${RELAY}CashierList` },
  'PUT /v1/setup/shop': {
    body: `${TERMINAL}ShopFactsRequest`,
    answer: 'relay-answers.schema.json#/$defs/ShopFacts',
  },
  'GET /v1/setup/printing': { answer: `${TERMINAL}Printing` },
  'PUT /v1/setup/printing': { body: `${TERMINAL}PrintingRequest`, answer: `${TERMINAL}Printing` },
  'GET /v1/images': { answer: `${ANSWERS}ImagesAnswer` },
  'GET /v1/images/:sha256': { answer: IMAGE },
  'PUT /v1/items/:sku/image': {
    body: 'application/octet-stream',
    answer: `${ANSWERS}ImageGiven`,
    query: { by: 'The person, where nobody signs in.' },
    status: 201,
  },
  'DELETE /v1/items/:sku/image': {
    answer: `${ANSWERS}ImageTaken`,
    query: { by: 'The person, where nobody signs in.' },
  },
  'POST /v1/images/sync': { answer: `${ANSWERS}ImageSyncResult`, progress: `${ANSWERS}WorkProgress` },
  'POST /v1/images/force': { answer: `${ANSWERS}ImageForceResult`, progress: `${ANSWERS}WorkProgress` },
  'POST /v1/sync': { answer: `${ANSWERS}SyncResult`, progress: `${ANSWERS}WorkProgress` },
  'POST /v1/online': {
    body: `${TERMINAL}OnlineRequest`,
    answer: `${ANSWERS}SyncResult`,
    progress: `${ANSWERS}WorkProgress`,
  },
  'POST /v1/disconnect': { body: `${TERMINAL}OnlyBy`, answer: `${ANSWERS}TerminalStatus` },
  'POST /v1/force': {
    body: `${TERMINAL}ForceRequest`,
    answer: `${ANSWERS}ForceResult`,
    progress: `${ANSWERS}WorkProgress`,
  },
  'GET /v1/force/preview': {
    answer: `${ANSWERS}ForcePreview`,
    query: { keepCatalogue: 'false to delete the catalogue too.' },
  },
  'POST /v1/work/cancel': { answer: `${ANSWERS}Cancelled` },
  'POST /v1/mark-synced': { body: `${TERMINAL}OnlyBy`, answer: `${ANSWERS}TerminalStatus` },
  'POST /v1/exports': { body: `${TERMINAL}ExportNote`, answer: `${ANSWERS}ExportNoted`, status: 201 },
  'GET /v1/export': {
    answer: ['export.schema.json', 'text/csv'],
    query: {
      format: 'json or csv.',
      from: 'First business day, YYYY-MM-DD.',
      to: 'Last business day, YYYY-MM-DD.',
    },
  },
  'GET /v1/log': { answer: 'log.schema.json#/$defs/SeenLog' },
  'POST /v1/log/settle': { body: `${TERMINAL}OnlyBy`, answer: `${ANSWERS}TerminalStatus` },
  'GET /v1/history': HISTORY_SHAPE,
  'GET /v1/as-of': AS_OF_SHAPE,
}
