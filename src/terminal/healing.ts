import { noteText } from '../docs/change-note.js'
import { recordKey } from '../docs/daybook.js'
import type { FlatDoc } from '../docs/flat.js'
import type { DocumentName } from '../docs/naming.js'
import type { SealedRecord } from '../docs/record.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import type { Log, Outside } from './context.js'
import type { Book, DayBookName, DayBooks } from './day-books.js'
import type { TerminalIdentity } from './identity.js'
import { recover, type Recovered } from './recovery.js'

export interface HealingOptions {
  readonly outside: Outside
  readonly identity: () => TerminalIdentity
  readonly durable: DurableRepo
  readonly names: IndexLog<DocumentName>
  readonly books: DayBooks
  readonly log: Log
}

/** What became of a damaged day book. */
export interface Healed {
  readonly book: Book
  /** Nothing is missing any more: the relay had it. */
  readonly whole: boolean
  /** Records that had to be put into another document, so that they can be seen and synced. */
  readonly moved: number
  readonly lost: readonly number[]
}

/**
 * Deals with damaged day books after an exchange: what the relay had has come back by then. Intact records that still
 * cannot be shown, because a change they follow is gone, move to a new part of the same day (D2).
 */
export class Healing {
  readonly #options: HealingOptions

  constructor(options: HealingOptions) {
    this.#options = options
  }

  async run(): Promise<Healed[]> {
    const { books, durable } = this.#options
    const results: Healed[] = []
    for (const book of await books.onDisk()) {
      if (durable.storage.damaged(book.id)) results.push(await this.#heal(book))
    }
    return results
  }

  async #heal(book: Book): Promise<Healed> {
    const { books, durable, log } = this.#options
    const handle = await books.open(book.id)
    const doc = handle?.doc()
    if (!doc) return { book, whole: false, moved: 0, lost: [] }
    const recovered = await recover(durable.storage, book.id, doc)
    const { lost } = recovered
    const known = !recovered.uncertain || isComplete(book, recovered)
    const whole = lost.length === 0 && recovered.hidden.size === 0 && known
    if (whole) {
      await durable.flush(book.id)
      await durable.storage.clearDamage(book.id)
      await books.refreeze(book.id)
      log.info({ document: book.id }, 'a damaged day book is whole again')
      return { book, whole, moved: 0, lost }
    }
    const moved = await this.#move(book)
    return { book, whole, moved, lost }
  }

  /** @returns how many records were moved now */
  async #move(book: Book): Promise<number> {
    const { books, durable, names, outside, identity, log } = this.#options
    const homeless = await books.hidden(book)
    if (homeless.length === 0) return 0
    const { epoch, day } = book.name
    const name: DayBookName = { ...book.name, part: books.nextPart(epoch, day) }
    const id = books.id(name)
    await names.set(id, name)
    const note = {
      terminal: identity().code,
      by: identity().name,
      did: 'move records out of a damaged day book',
    }
    const options = { message: noteText(note), time: Math.floor(outside.now().getTime() / 1000) }
    await durable.create<FlatDoc>(id, options, (draft) => {
      for (const record of homeless) draft[recordKey(record.body.chain.position)] = storedBytes(record)
    })
    await books.freeze(id)
    log.warn({ document: id, records: homeless.length }, 'records were moved out of a damaged day book')
    return homeless.length
  }
}

/** Whether every record is there that the book held when it was noted, before the damage, that it is not written again. */
function isComplete({ entry }: Book, { visible }: Recovered): boolean {
  if (!entry || entry.damaged) return false
  for (let position = entry.first; position <= entry.last; position += 1)
    if (!visible.has(position)) return false
  return true
}

function storedBytes({ bytes, signature }: SealedRecord): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes, Buffer.from(`\n${signature}`)]))
}
