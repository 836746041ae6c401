/**
 * Who may use which route of a terminal (A2). It is decided before a body is read, and a route that has no entry is
 * refused. docs/ACCESS.md is made from this.
 *
 * - `nobody`: whoever can reach this machine's loopback address, not signed in
 * - `cashier`, `manager`: a person who signed in with a PIN, by the role the shop gave them
 * - `command`: a command of whoever can read the terminal's directory, without a person
 *
 * Where a shop has nobody to sign in, all routes are open to whoever asks from this machine. Requests under another
 * Host than localhost, or from a page of another site, are refused before this.
 */
export const CALLERS = ['nobody', 'cashier', 'manager', 'command'] as const
export type Caller = (typeof CALLERS)[number]

export interface RouteEntry {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: string
  readonly who: readonly Caller[]
  readonly purpose: string
}

const ANYBODY = CALLERS
const PERSONS = ['cashier', 'manager'] as const
const MANAGERS = ['manager'] as const
const READERS = ['cashier', 'manager', 'command'] as const

function route(
  method: RouteEntry['method'],
  path: string,
  who: readonly Caller[],
  purpose: string,
): RouteEntry {
  return { method, path: `/v1${path}`, who, purpose }
}

/** What is not below /v1 is the page: its files hold nothing of the shop, and anybody may load them. */
export const ROUTES: readonly RouteEntry[] = [
  route('GET', '/sign-in', ANYBODY, 'whether people sign in here, and their names'),
  route('POST', '/sign-in', ANYBODY, 'sign in with name and PIN'),
  route('POST', '/sign-out', PERSONS, 'end the session'),
  route('GET', '/me', PERSONS, 'who is signed in'),
  route('GET', '/status', ANYBODY, 'mode, link, and what no custody receipt covers'),
  route('GET', '/events', PERSONS, 'the status and what was sealed, as it changes'),

  route('GET', '/bills', PERSONS, 'open and parked bills'),
  route('POST', '/bills', PERSONS, 'open a bill'),
  route('GET', '/bills/:bill', PERSONS, 'a bill and what it comes to'),
  route('PATCH', '/bills/:bill', PERSONS, 'change, park or cancel a bill'),
  route('POST', '/bills/:bill/lines', PERSONS, 'add a line to a bill'),
  route('PATCH', '/bills/:bill/lines/:line', PERSONS, 'change a line of a bill'),
  route('POST', '/bills/:bill/seal', PERSONS, 'seal a bill'),
  route(
    'POST',
    '/bills/:bill/practise',
    PERSONS,
    'do with a bill of training mode what sealing does, without a sale',
  ),
  route(
    'POST',
    '/training/start',
    MANAGERS,
    'begin training mode: nothing is sealed as a sale until it ends',
  ),
  route('POST', '/training/end', PERSONS, 'end training mode'),
  route('POST', '/sales', PERSONS, 'seal a whole sale at once'),
  route('POST', '/credit-notes', PERSONS, 'seal a credit note'),
  route('GET', '/invoices', PERSONS, 'an invoice by its number, or the last ones'),
  route('POST', '/invoices/reprint', PERSONS, 'another copy of a slip, recorded before it is printed'),
  route('POST', '/drawer', PERSONS, 'record that the drawer was opened'),
  route('GET', '/sealed', PERSONS, 'the number a reference of another system was sealed as'),
  route('GET', '/day', PERSONS, 'the totals of the open business day'),
  route('POST', '/day/close', PERSONS, 'close the business day'),

  route('GET', '/items', PERSONS, 'search the catalogue'),
  route('GET', '/items/:sku', PERSONS, 'an item of the catalogue'),
  route('POST', '/items', MANAGERS, 'edit the catalogue, enter stock'),
  route(
    'GET',
    '/stock/:sku',
    PERSONS,
    'stock of an item: as the relay knows it, and less what was sold here since',
  ),
  route('GET', '/taxes', PERSONS, 'the taxes of the catalogue, and how many items have each'),
  route('GET', '/conflicts', PERSONS, 'items with values that were written apart'),
  route('GET', '/shop', PERSONS, 'the shop, its policy, its terminals and sales'),

  route('GET', '/setup/users', MANAGERS, 'who signs in at the terminals of the shop'),
  route('POST', '/setup/users', MANAGERS, 'let somebody sign in'),
  route('PUT', '/setup/users/pin', MANAGERS, 'give somebody a new PIN'),
  route('POST', '/setup/users/remove', MANAGERS, 'somebody may sign in no more'),
  route('PUT', '/setup/shop', MANAGERS, 'what slips say of the shop'),
  route('GET', '/setup/printing', PERSONS, 'how slips of this terminal are printed'),
  route('PUT', '/setup/printing', MANAGERS, 'change how slips of this terminal are printed'),

  route('GET', '/images', PERSONS, 'how many images are here, at the relay, and missing'),
  route('GET', '/images/:sha256', PERSONS, 'an image, fetched from the relay when it is first shown'),
  route('PUT', '/items/:sku/image', MANAGERS, 'give an item a picture'),
  route('DELETE', '/items/:sku/image', MANAGERS, 'take the picture of an item away'),
  route('POST', '/images/sync', READERS, 'Sync Images to Server Now'),
  route('POST', '/images/force', PERSONS, 'Force Complete Sync Images'),

  route('POST', '/sync', READERS, 'Sync Data To Server'),
  route('POST', '/online', PERSONS, 'Work As Online Client'),
  route('POST', '/disconnect', PERSONS, 'Work Disconnected'),
  route('POST', '/force', PERSONS, 'Force Complete Sync Data'),
  route('GET', '/force/preview', PERSONS, 'what Force Complete Sync Data would do now, in numbers'),
  route('POST', '/work/cancel', PERSONS, 'end the sync or the force-complete that runs'),
  route('POST', '/mark-synced', PERSONS, 'Mark As Synced'),

  route('GET', '/log', READERS, 'what this terminal has seen of the relay’s log'),
  route('POST', '/log/settle', MANAGERS, 'end an alarm of the relay’s log'),

  route('GET', '/export', READERS, 'invoices and credit notes'),
  route('POST', '/exports', READERS, 'put on record that what lies on the disk is exported'),
  route('GET', '/history', READERS, 'who changed what, when'),
  route('GET', '/as-of', READERS, 'what this terminal knew at a moment'),
]
