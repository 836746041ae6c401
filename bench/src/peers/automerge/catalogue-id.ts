import { parseAutomergeUrl, stringifyAutomergeUrl, type BinaryDocumentId } from '@automerge/automerge-repo'

/** Id of the one document of the catalogue: every terminal of the shop is set up with it. */
export const CATALOGUE = parseAutomergeUrl(
  stringifyAutomergeUrl(new Uint8Array(16).fill(1) as BinaryDocumentId),
).documentId
