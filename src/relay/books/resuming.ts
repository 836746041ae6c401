import type { DocumentId, DocumentName } from '../../docs/naming.js'
import { StorageReadError, StorageWriteError } from '../../storage/errors.js'
import type { DurableRepo } from '../../storage/durable-repo.js'
import type { Counting } from '../counting.js'
import type { BookReaders } from '../gate/book-readers.js'
import { ReaderFailed } from '../gate/book-readers.js'
import type { Shops } from '../shops.js'
import type { Uncounted } from './backlog.js'
import { storedChanges } from './stored-records.js'

export interface ResumingOptions {
  readonly durable: DurableRepo
  readonly shops: Shops
  readonly readers: BookReaders
  readonly counting: Pick<Counting, 'lines'>
}

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** After these the count of the whole book is tried, and tried again. What was once seen is fsynced before it is read. */
const COUNTED_LATER = [ReaderFailed, StorageReadError, StorageWriteError]

/** Day books read side by side. */
const AT_ONCE = 8

/**
 * Day books that were receipted and not counted when the relay was killed. Those of which nothing was counted are read as
 * they lie on the disk, so that a thousand of them are counted as when they came: many at once. The others are left to
 * their documents, also those the disk does not give now: one of them must not keep a relay from starting.
 */
export async function uncountedBooks(
  books: readonly (readonly [DocumentId, DayBookName])[],
  options: ResumingOptions,
): Promise<Uncounted[]> {
  const found: Uncounted[] = []
  const waiting = [...books]
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      found.push(await uncounted(...next, options))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return found
}

async function uncounted(
  id: DocumentId,
  name: DayBookName,
  { durable, shops, readers, counting }: ResumingOptions,
): Promise<Uncounted> {
  const { lines } = counting
  const whole = { id, name }
  const publicKey = shops.keyOf(name.terminal, name.epoch)
  if (publicKey === undefined || lines.heldUpTo(name.terminal, name.epoch, id) > 0) return whole
  const { catalogueShards, policy } = shops.get(name.shop)
  const context = { name, publicKey, catalogueShards, currency: policy.currency, head: undefined }
  try {
    const changes = await storedChanges(durable.storage, id)
    if (changes.length === 0 || durable.storage.damaged(id)) return whole
    const read = await readers.read({ is: 'run', changes, context })
    if (read.is !== 'run') return whole
    const { first, last, prev, lastHash } = read.run
    const isHeld = lines.hold(name.terminal, name.epoch, { book: id, first, last, prev, lastHash }, true)
    return isHeld ? { id, name, run: read.run } : whole
  } catch (error) {
    if (COUNTED_LATER.some((kind) => error instanceof kind)) return whole
    throw error
  }
}
