import { createHash } from 'node:crypto'
import { interpretAsDocumentId, type BinaryDocumentId, type DocumentId } from '@automerge/automerge-repo'
import { canonicalJson } from './canonical.js'
import type { DocumentName } from './generated/types.js'

export { shardOf } from './shard.js'
export type { DocumentId } from '@automerge/automerge-repo'
export type { DocumentName } from './generated/types.js'

/**
 * The id of a document, derived from its name and its organisation, so that terminal and relay compute the same one
 * and an id cannot be claimed for another name: the first 16 bytes of
 * SHA-256("counterfoil document 1\n" + organisation + "\n" + canonical JSON of the name).
 */
export function documentId(organisation: string, name: DocumentName): DocumentId {
  const hash = createHash('sha256')
    .update(`counterfoil document 1\n${organisation}\n${canonicalJson(name)}`)
    .digest()
  return interpretAsDocumentId(new Uint8Array(hash.subarray(0, 16)) as unknown as BinaryDocumentId)
}

/** How a document is called in messages and on pages. */
export function describeDocument(name: DocumentName): string {
  switch (name.kind) {
    case 'shop':
      return 'shop'
    case 'catalogue':
      return `catalogue shard ${name.shard}`
    case 'stock':
      return `stock shard ${name.shard}`
    case 'images':
      return 'images'
    case 'bills':
      return `bills of ${name.day}`
    case 'sales':
      return `sales of ${name.month}`
    case 'daybook':
      return `day book ${name.code}${name.epoch} ${name.day}${name.part === 1 ? '' : `.${name.part}`}`
  }
}
