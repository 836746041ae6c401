import { createReadStream } from 'node:fs'
import fs from 'node:fs/promises'
import { linesOf } from '../docs/bundle/lines.js'
import { inOrder } from '../docs/bundle/order.js'
import { linesOfBook, type SourceBook } from '../docs/bundle/write.js'
import type { DocumentName } from '../docs/naming.js'
import type { Evidence } from '../docs/verify/evidence.js'
import type { GivenKeys } from '../docs/verify/trust.js'
import { BadBundle, readBundle } from '../protocol/bundle.js'
import { Refused } from '../protocol/problem.js'
import { reading } from '../storage/named-errors.js'

const FIRST = Buffer.from('counterfoil-bundle ')

/** Whether a file begins as the bundle of a handoff does. */
export async function isHandoff(path: string): Promise<boolean> {
  const file = await fs.open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST.length), 0, FIRST.length, 0)
    return bytesRead === FIRST.length && buffer.equals(FIRST)
  } finally {
    await file.close()
  }
}

/**
 * The bundle of a handoff as the verifier reads it: its day books are held, as those of one terminal since its last purge.
 * @throws BadBundle, Refused `no-key`: nothing of it is read before its signature is checked with a key that was given
 */
export async function openHandoff(path: string, given: GivenKeys): Promise<Evidence> {
  const names = new Map<string, DocumentName>()
  const books: SourceBook[] = []
  const code = await codeIn(path)
  const keyOf = (terminal: string, epoch: string): string => {
    const key = given.terminals.get(`${code}${epoch}`)
    if (key === undefined) {
      const remedy = `Give its key with --key ${code}${epoch}=<key>.`
      throw new Refused(
        'invalid',
        'no-key',
        `The bundle is of terminal ${terminal} in epoch ${epoch}. ${remedy}`,
      )
    }
    return key
  }
  const manifest = await readBundle(
    reading(path, createReadStream(path)),
    keyOf,
    async ({ id, name }, saved) => {
      names.set(id, name)
      if (name.kind === 'daybook') books.push({ id, name, saved })
    },
  )
  books.sort(({ name: a }, { name: b }) =>
    a.epoch === b.epoch
      ? a.day === b.day
        ? a.part - b.part
        : a.day < b.day
          ? -1
          : 1
      : a.epoch < b.epoch
        ? -1
        : 1,
  )
  return {
    what: 'handoff',
    organisation: manifest.organisation,
    keys: { relay: null, terminals: [] },
    isVouched: false,
    names,
    from: null,
    to: null,
    shops: undefined,
    isWhole: false,
    isLoose: false,
    log: undefined,
    receipts: () => none(),
    records: () =>
      inOrder(
        each(
          books.map((book) => ({ chain: `${book.name.code}${book.name.epoch}`, lines: linesOfBook(book) })),
        ),
      ),
    documents: () => each(books.map(({ id, saved }) => ({ id, saved }))),
  }
}

/** The code of the terminal whose bundle it says to be, which only tells what key to ask for. */
async function codeIn(path: string): Promise<string> {
  let number = 0
  for await (const line of linesOf(reading(path, createReadStream(path)))) {
    number += 1
    const [, code] = number === 2 ? (/"code":"([A-Z0-9]{2,3})"/.exec(line) ?? []) : []
    if (code !== undefined) return code
    if (number === 2) break
  }
  throw new BadBundle('its manifest names no terminal')
}

async function* each<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list
}

async function* none(): AsyncGenerator<never> {
  // A handoff holds no receipts: it is sent to get them.
}
