import type { AuditRecord } from '../../docs/generated/types.js'
import type { DocumentId } from '../../docs/naming.js'
import { CHAIN_START, verifyRecord } from '../../docs/record.js'
import { Refused } from '../../protocol/problem.js'
import type { Told } from '../../protocol/told.js'
import type { DayBookName, HeldRecord, SealedBooks } from '../sealed-books.js'
import type { Shops } from '../shops.js'
import { factOf } from './book-facts.js'

/**
 * What lies at one position of a day book, and whether it is what its terminal signed and follows the record before.
 * @throws Refused `unknown-record`
 */
export async function auditRecord(
  books: SealedBooks,
  shops: Shops,
  id: DocumentId,
  name: DayBookName,
  position: number,
): Promise<Told<AuditRecord>> {
  const all = await books.read(id, name)
  const there = all.filter(({ record }) => record.body.chain.position === position)
  if (there.length === 0) {
    const text = `There is no record ${position} in day book ${name.code}${name.epoch} ${name.day} here.`
    throw new Refused('notFound', 'unknown-record', text)
  }
  const key = shops.keyOf(name.terminal, name.epoch)
  const before = await recordsBefore(books, name, all, position)
  return {
    records: there.map((held) => ({
      facts: factOf(id, name, held).shown,
      body: held.record.body,
      signature: held.record.signature,
      ...(key === undefined ? {} : { key }),
      signed: key !== undefined && verifyRecord(held.record, key),
      follows: follows(held, before),
    })),
  }
}

function follows({ record }: HeldRecord, before: readonly HeldRecord[]): boolean | null {
  const { position, prev } = record.body.chain
  if (position === 1) return prev === CHAIN_START
  return before.length === 0 ? null : before.some((one) => one.record.hash === prev)
}

/** The record before may be the last of an earlier day, or of an earlier part. */
async function recordsBefore(
  books: SealedBooks,
  { terminal, epoch, day }: DayBookName,
  own: readonly HeldRecord[],
  position: number,
): Promise<HeldRecord[]> {
  const isBefore = ({ record }: HeldRecord): boolean => record.body.chain.position === position - 1
  const here = own.filter(isBefore)
  if (here.length > 0 || position === 1) return here
  const earlier = books.list((name) => name.terminal === terminal && name.epoch === epoch && name.day <= day)
  for (const [id, name] of earlier.reverse()) {
    const found = (await books.read(id, name)).filter(isBefore)
    if (found.length > 0) return found
  }
  return []
}
