/** The one document of the catalogue; every other document is a terminal's day. */
export const CATALOGUE = 'catalogue'
/** Maps in those documents: of plain JSON values, as ids and SKUs are never edited by two at once. */
export const INVOICES = 'invoices'
export const ITEMS = 'items'

/** Where the server lists its documents, besides its WebSocket. */
export const DOCUMENTS_PATH = '/documents'

/** What a terminal asks for one of its documents; answered with the state vector of what SQLite has. */
export const WHAT_IS_STORED = 'stored?'

export function dayName(terminal: string, day: string): string {
  return `${terminal}/${day}`
}
