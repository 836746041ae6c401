import type { ApiShape } from './api-shape.js'

const PAGING = { cursor: 'The `next` of the page before.' } as const

/** What questions for history take and answer, at the relay and at a terminal. */
export const HISTORY_SHAPE: ApiShape = {
  answer: 'history.schema.json#/$defs/HistoryResponse',
  query: {
    about:
      'An invoice’s number, a SKU, or the id of a document, bill, image, terminal or shop; without it all.',
    kind: 'What that is, where it is not clear: document, invoice, bill, item, image, terminal or shop.',
    person: 'Only what this person did.',
    terminal: 'Only what this terminal did: its code or id.',
    from: 'Not before this moment, as the lines claim it: RFC 3339.',
    to: 'Not after this moment.',
    limit: 'A page of at most so many, 1 to 1000; without it everything.',
    ...PAGING,
  },
}

export const AS_OF_SHAPE: ApiShape = {
  answer: 'history.schema.json#/$defs/AsOfResponse',
  query: {
    at: 'The moment, RFC 3339.',
    view: 'relay, or the code of the terminal whose knowledge is asked for; without it that of whoever answers. A terminal knows its own only.',
    about: 'As for the history; without it the invoices of all.',
    kind: 'As for the history.',
    limit: 'At most so many, 1 to 1000; without it 100.',
    ...PAGING,
  },
}
