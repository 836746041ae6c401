import type { ApiShape } from '../protocol/api-shape.js'
import { AS_OF_SHAPE, HISTORY_SHAPE } from '../protocol/history-shapes.js'
import type { RouteId } from './access-table.js'

const RELAY = 'relay-api.schema.json#/$defs/'
const LOG = 'log.schema.json#/$defs/'
const OPERATOR = 'operator-api.schema.json#/$defs/'
const ANSWERS = 'relay-answers.schema.json#/$defs/'
const AUDIT = 'audit-answers.schema.json#/$defs/'
const IMAGE = ['image/jpeg', 'image/png', 'image/webp'] as const
/** 206: the part that was asked for. */
const RANGE = [200, 206] as const
const ONE_SHOP = { shop: 'Only of this shop: its id or name.' } as const

/** What each route of the relay takes and answers. A route without an entry does not compile. */
export const SHAPES: Readonly<Record<RouteId, ApiShape>> = {
  page: { answer: 'text/html' },
  pageFile: { answer: ['text/javascript', 'text/css', 'image/svg+xml'] },
  health: { answer: `${ANSWERS}Alive` },
  ready: { answer: `${ANSWERS}Ready` },
  metrics: { answer: 'text/plain' },
  pair: { body: `${RELAY}PairRequest`, answer: `${RELAY}PairResponse`, status: 201 },
  challenge: { body: `${RELAY}ChallengeRequest`, answer: `${RELAY}ChallengeResponse` },
  connect: { body: `${RELAY}ConnectRequest`, answer: `${RELAY}ConnectResponse` },
  epoch: { body: `${RELAY}EpochRequest`, answer: `${RELAY}EpochResponse` },
  sync: { body: `${RELAY}SyncRequest`, answer: `${RELAY}SyncResponse` },
  custody: { body: `${RELAY}CustodyRequest`, answer: `${RELAY}CustodyResponse`, progress: 'silent' },
  pull: { body: `${RELAY}PullRequest`, answer: 'application/octet-stream' },
  books: { body: 'application/octet-stream', answer: `${RELAY}BooksResponse` },
  report: { body: 'report.schema.json#/$defs/TerminalReport', answer: `${ANSWERS}Done` },
  invoice: {
    answer: `${RELAY}InvoiceLookup`,
    query: { number: 'The number of the invoice or credit note.' },
  },
  stock: { body: `${RELAY}StockReceived`, answer: `${ANSWERS}StockChanged` },
  ownCashiers: { answer: `${RELAY}CashierList` },
  ownCashierAdd: { body: `${RELAY}OwnCashierRequest`, answer: `${RELAY}CashierList`, status: 201 },
  ownCashierPin: { body: `${RELAY}OwnCashierPinRequest`, answer: `${RELAY}CashierList` },
  ownCashierRemove: { body: `${RELAY}OwnCashierNameRequest`, answer: `${RELAY}CashierList` },
  ownShop: { body: `${RELAY}OwnShopRequest`, answer: `${ANSWERS}ShopFacts` },
  images: { body: `${RELAY}ImagesRequest`, answer: `${RELAY}ImagesResponse` },
  imagePart: { body: 'application/octet-stream', answer: `${RELAY}ImagePart` },
  image: { answer: IMAGE, status: RANGE },
  handoffBegin: { body: `${RELAY}HandoffRequest`, answer: `${RELAY}HandoffStatus` },
  handoffPart: { body: 'application/octet-stream', answer: `${RELAY}HandoffStatus` },
  handoffTake: { answer: `${RELAY}HandoffTaken`, progress: `${ANSWERS}TakeProgress` },
  logView: {
    answer: `${LOG}LogView`,
    query: { from: 'Size of the last checkpoint that was seen; without it 0.' },
  },
  logReceipts: {
    answer: `${LOG}LogInclusions`,
    query: { serials: 'At most 100 serials, with commas.', size: 'Of the tree; without it the newest.' },
  },
  logCountersign: { body: `${LOG}CountersignRequest`, answer: `${LOG}Countersignature`, status: 201 },
  signIn: { body: `${RELAY}UserSignIn`, answer: `${ANSWERS}PersonView` },
  signOut: { answer: `${ANSWERS}Done` },
  me: { answer: `${ANSWERS}PersonView` },
  pairings: { body: `${RELAY}PairingRequest`, answer: `${RELAY}PairingResponse`, status: 201 },
  shops: { body: `${RELAY}ShopOptions`, answer: `${ANSWERS}ShopSettled`, query: { name: 'The shop.' } },
  status: { answer: `${ANSWERS}RelayStatus` },
  fleet: { answer: `${OPERATOR}FleetResponse` },
  fleetOne: { answer: `${OPERATOR}FleetDetail` },
  events: {
    answer: 'text/event-stream',
    events: {
      fleet: `${OPERATOR}FleetChange`,
      incident: 'incidents.schema.json#/$defs/Incident',
      health: `${ANSWERS}Done`,
    },
  },
  exceptions: { answer: `${OPERATOR}ExceptionsResponse` },
  healthSeries: {
    answer: `${OPERATOR}HealthResponse`,
    query: { since: 'Only samples taken after this instant.' },
  },
  export: {
    answer: ['export.schema.json', 'text/csv'],
    query: {
      format: 'json or csv.',
      from: 'First business day, YYYY-MM-DD.',
      to: 'Last business day, YYYY-MM-DD.',
    },
  },
  records: {
    answer: `${AUDIT}AuditSearch`,
    query: {
      shop: 'Id of a shop.',
      from: 'First business day, YYYY-MM-DD.',
      to: 'Last business day, YYYY-MM-DD.',
      number: 'An invoice number.',
      least: 'Amount to pay, in minor units, at least.',
      most: 'The same, at most.',
      sku: 'On one of its lines, or in the event.',
      by: 'The person.',
      terminal: 'Code of a terminal.',
      what: 'invoice, credit-note, day-close, event, or the name of an event.',
      cursor: 'As the page before gave it.',
      limit: 'How many at most.',
    },
  },
  record: { answer: `${AUDIT}AuditRecord` },
  bundle: {
    answer: 'application/zip',
    query: {
      format: 'What it shows besides the records: records, gstr1, saft or dsfinvk.',
      from: 'First business day, YYYY-MM-DD.',
      to: 'Last business day, YYYY-MM-DD.',
    },
  },
  verification: { answer: 'verdict.schema.json', progress: `${AUDIT}VerifyProgress` },
  audit: { answer: `${AUDIT}AuditExceptions`, query: { shop: 'Id of a shop.' } },
  incidents: { answer: `${ANSWERS}IncidentList` },
  reads: {
    answer: 'history.schema.json#/$defs/AuditReadsResponse',
    query: {
      by: 'Of this auditor only.',
      limit: 'At most so many, 1 to 1000; without it 100.',
      cursor: 'The `next` of the page before.',
    },
  },
  history: { ...HISTORY_SHAPE, query: { ...HISTORY_SHAPE.query, ...ONE_SHOP } },
  asOf: { ...AS_OF_SHAPE, query: { ...AS_OF_SHAPE.query, ...ONE_SHOP } },
  evidence: { answer: 'application/octet-stream' },
  acceptIncident: { body: `${OPERATOR}AcceptOrder`, answer: 'incidents.schema.json#/$defs/Incident' },
  shopImage: { answer: IMAGE, status: RANGE, query: { shop: 'The shop.' } },
  logCheckpoint: { answer: `${LOG}LogCheckpointFile` },
  logInclusion: {
    answer: `${LOG}LogInclusions`,
    query: { serial: 'Of a custody receipt.', leaf: 'Or the hash of any leaf, base64url or base64.' },
  },
  logConsistency: { answer: `${LOG}LogConsistency`, query: { from: 'Size of an older checkpoint.' } },
  logEntries: {
    answer: `${LOG}LogEntries`,
    query: { from: 'Number of the first leaf, from 0.', count: 'How many, at most 1000.' },
  },
  logCountersignatures: { answer: `${LOG}CountersignatureList` },
  cashiers: { answer: `${RELAY}CashierList`, query: { shop: 'The shop.' } },
  cashierAdd: { body: `${RELAY}CashierRequest`, answer: `${RELAY}CashierList`, status: 201 },
  cashierPin: { body: `${RELAY}CashierPinRequest`, answer: `${RELAY}CashierList` },
  cashierRemove: { body: `${RELAY}CashierNameRequest`, answer: `${RELAY}CashierList` },
  revoke: { body: `${RELAY}FleetOrder`, answer: `${ANSWERS}TerminalStanding` },
  reinstate: { body: `${RELAY}FleetOrder`, answer: `${ANSWERS}TerminalStanding` },
  intake: { body: `${RELAY}IntakeOrder`, answer: 'fleet.schema.json#/$defs/IntakeWindow' },
  closeIntake: { body: `${RELAY}FleetOrder`, answer: `${ANSWERS}TerminalStanding` },
  settleFork: { body: `${RELAY}FleetOrder`, answer: `${ANSWERS}TerminalStanding` },
  moveEpoch: { body: `${RELAY}FleetOrder`, answer: `${ANSWERS}TerminalStanding` },
  rename: { body: `${OPERATOR}RenameOrder`, answer: `${ANSWERS}TerminalStanding` },
  people: { answer: `${ANSWERS}PersonList` },
  personAdd: { body: `${RELAY}NewPerson`, answer: `${ANSWERS}PersonView`, status: 201 },
  personPassword: { body: `${RELAY}NewPassword`, answer: `${ANSWERS}Done` },
  personRemove: { answer: `${ANSWERS}Done`, query: { name: 'The person.' } },
}
