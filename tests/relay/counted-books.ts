import { cp } from 'node:fs/promises'
import * as A from '@automerge/automerge'
import type { FlatDoc } from '../../src/docs/flat.js'
import { documentId, shardOf, type DocumentName } from '../../src/docs/naming.js'
import { readStock } from '../../src/docs/stock.js'
import { Relay } from '../../src/relay/relay.js'
import { nodeDisk, type Disk } from '../../src/storage/disk.js'
import { dieAt, FaultyDisk } from '../storage/disks.js'
import { memoryLog, type Said, type World } from '../support/world.js'
import type { RawBook } from './raw-book.js'

/** As when a day book has come in whole, by whatever way, and a receipt is asked for. */
export async function settle({ custody, durable, registry }: Relay, book: RawBook): Promise<void> {
  await registry.set(book.id, book.name)
  const handle = await durable.merge(book.id, A.save(book.doc))
  await custody.settle(book.name, handle as never)
}

const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes))

/** Opens a relay that nobody is served by. */
export function open(world: World, directory: string, disk: Disk, said: Said[] = []): Promise<Relay> {
  const options = { directory, create: false, config: {}, disk, random, timeZone: 'UTC' }
  return Relay.open({ ...options, now: () => world.now(), log: memoryLog(said) })
}

/** What a relay has counted of one book. */
export interface Counted {
  readonly sold: string
  readonly invoices: number
  readonly payable: number
  readonly upTo: number
  readonly position: number
}

/** What the relay has counted of a book, from its documents and from memory. */
export async function countedOf(
  { shops, identity, durable, counting }: Relay,
  book: RawBook,
): Promise<Counted> {
  const { catalogueShards } = shops.get(book.name.shop)
  const name: DocumentName = { kind: 'stock', shop: book.name.shop, shard: shardOf('TEA', catalogueShards) }
  const stock = await durable.open<FlatDoc>(documentId(identity.organisation, name))
  const summary = await counting.summary(book.name)
  return {
    sold: readStock(stock?.doc() ?? {}, 'TEA').soldBy.get(book.name.code) ?? '0',
    invoices: summary?.totals.invoices ?? 0,
    payable: summary?.totals.payable ?? 0,
    upTo: summary?.upTo ?? 0,
    position: counting.lastPosition(book.name.terminal, book.name.epoch),
  }
}

export interface Killed {
  /** Whether the book was said to be counted before. */
  readonly counted: boolean
  /** File operations of the counting. */
  readonly done: number
  /** The relay that was started after it. */
  readonly again: Relay
}

/**
 * Counts a book at a relay that is killed at a file operation of it.
 * @param directory of a relay that is stopped; it is copied, the copies begin with `name`
 */
export async function killedWhileCounting(
  world: World,
  directory: string,
  name: string,
  book: RawBook,
  at: number,
): Promise<Killed> {
  const dies = world.path(`${name}-killed-${at}`)
  await cp(directory, dies, { recursive: true })
  const disk = new FaultyDisk(nodeDisk)
  const dying = await open(world, dies, disk)
  await dying.registry.set(book.id, book.name)
  const handle = await dying.durable.merge(book.id, A.save(book.doc))
  const die = dieAt(at)
  const from = disk.operations.length
  disk.decide = (operation) =>
    operation.name === 'close' ? undefined : die({ ...operation, index: operation.index - from })
  const counted = await dying.counting.count(book.name, handle as never).then(
    () => true,
    () => false,
  )
  const done = disk.operations.length - from
  disk.decide = ({ name: operation }) => (operation === 'close' ? undefined : { code: 'KILLED' })
  await Promise.allSettled([dying.durable.close(), dying.registry.close(), dying.issued.close()])

  // The lock of a killed process goes with it; here its process lives on, so what it left is looked at as a copy.
  const left = world.path(`${name}-left-${at}`)
  await cp(dies, left, { recursive: true })
  return { counted, done, again: await open(world, left, nodeDisk) }
}
