import { splitChunks } from '../../docs/book-change.js'
import { readStored, type BookRecords } from '../../docs/book-run.js'
import type { DocumentId } from '../../docs/naming.js'
import { CHANGE_BYTES, MESSAGE_CHUNKS, MESSAGE_INFLATED_BYTES } from '../../protocol/limits.js'
import type { DurableRepo } from '../../storage/durable-repo.js'

const LIMITS = { changeBytes: CHANGE_BYTES, bytes: MESSAGE_INFLATED_BYTES } as const

/**
 * The records of a day book as they lie on the disk. A document takes some ten times as long to load, and as much memory.
 * @returns undefined where Automerge has to tell: the book is in memory, damaged, compacted, or no plain one
 * @throws StorageReadError
 */
export async function storedRecords(
  durable: Pick<DurableRepo, 'storage' | 'isLoaded'>,
  id: DocumentId,
): Promise<BookRecords | undefined> {
  const { storage } = durable
  if (durable.isLoaded(id) || storage.damaged(id)) return undefined
  const stored = await storage.loadRange([id])
  const changes = stored.map(({ data }) => data).filter((data) => data !== undefined)
  // What was damaged is told by reading it.
  if (changes.length === 0 || storage.damaged(id)) return undefined
  const chunks = splitChunks(Buffer.concat(changes), MESSAGE_CHUNKS)
  return chunks && readStored(chunks, LIMITS)
}
