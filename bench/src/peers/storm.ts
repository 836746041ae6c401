import { join } from 'node:path'
import type { StormCommand } from '../contestant.js'
import { invoicesOf, type Invoice } from '../invoices.js'

/** Terminals that make their invoices at a time while a storm is prepared; this is not timed. */
const AT_ONCE = 8

/** Opens the terminals of a storm, each in a folder of its own and with its invoices, which are of one day. */
export async function stormTerminals<T>(
  { dir, terminals, each, seed, perDay }: StormCommand,
  open: (dir: string, terminal: string) => Promise<T> | T,
  put: (terminal: T, invoice: Invoice) => Promise<void>,
): Promise<T[]> {
  const opened: T[] = []
  let next = 0
  const openNext = async (): Promise<void> => {
    for (let place = next++; place < terminals; place = next++) {
      const name = `T${place}`
      const terminal = await open(join(dir, name), name)
      const from = place * each
      for (const invoice of invoicesOf({ seed, from, count: each, perDay, dayFrom: from }))
        await put(terminal, invoice)
      opened.push(terminal)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, openNext))
  return opened
}
