import { splitChunks } from '../../docs/book-change.js'
import { readStored, type BookRecords } from '../../docs/book-run.js'
import type { DocumentId } from '../../docs/naming.js'
import { MESSAGE_CHUNKS } from '../../protocol/limits.js'
import type { DurableRepo } from '../../storage/durable-repo.js'
import { BOOK_LIMITS } from '../gate/book-task.js'

/**
 * All that is stored of a day book, one after the other; empty where there is nothing.
 * @throws StorageReadError
 */
export async function storedChanges(storage: DurableRepo['storage'], id: DocumentId): Promise<Uint8Array> {
  const chunks = await storage.loadRange([id])
  return Buffer.concat(chunks.map(({ data }) => data).filter((data) => data !== undefined))
}

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
  const changes = await storedChanges(storage, id)
  // What was damaged is told by reading it.
  if (changes.length === 0 || storage.damaged(id)) return undefined
  const chunks = splitChunks(changes, MESSAGE_CHUNKS)
  return chunks && readStored(chunks, BOOK_LIMITS)
}
