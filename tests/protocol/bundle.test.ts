import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BundleEntry, BundleManifest } from '../../src/docs/generated/types.js'
import { documentId, type DocumentName } from '../../src/docs/naming.js'
import { BadBundle, bundleHead, readBundle, sha256Hex } from '../../src/protocol/bundle.js'
import { BUNDLE_DOCUMENT_BYTES, MANIFEST_BYTES } from '../../src/protocol/limits.js'
import { newSigner } from '../support/keys.js'

const signer = newSigner()
const ORGANISATION = 'org_00000000000000000000'
const SHOP = 'shop_00000000000000000000'
const TERMINAL = 'term_00000000000000000000'

function manifestOf(documents: readonly BundleEntry[]): BundleManifest {
  return {
    v: 1,
    type: 'bundle',
    organisation: ORGANISATION,
    shop: SHOP,
    terminal: TERMINAL,
    code: 'T01',
    epoch: 'A',
    at: '2026-04-01T06:00:00.000Z',
    documents: [...documents],
  }
}

function entryOf(saved: Uint8Array, shard: number): BundleEntry {
  const name: DocumentName = { kind: 'catalogue', shop: SHOP, shard }
  const heads = [sha256Hex(saved)]
  return { id: documentId(ORGANISATION, name), name, heads, length: saved.length, sha256: sha256Hex(saved) }
}

function bundle(parts: readonly Uint8Array[], over: Partial<BundleManifest> = {}): Uint8Array {
  const head = bundleHead({ ...manifestOf(parts.map(entryOf)), ...over }, signer)
  return new Uint8Array(Buffer.concat([head, ...parts]))
}

interface Taken {
  readonly id: string
  readonly saved: Uint8Array
}

const keyOf = (terminal: string, epoch: string) =>
  terminal === TERMINAL && epoch === 'A' ? signer.publicKey : undefined

/** Reads a bundle that arrives in these chunks. */
async function read(chunks: Iterable<Uint8Array>): Promise<Taken[]> {
  const taken: Taken[] = []
  const arriving = async function* () {
    yield* chunks
  }
  await readBundle(arriving(), keyOf, async ({ id }, saved) => {
    taken.push({ id, saved })
  })
  return taken
}

function* split(bytes: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  let from = 0
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    // The buffer of a chunk may be used again for the next.
    yield bytes.slice(from, cut)
    from = cut
  }
}

const parts = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 })
/** A place in a bundle of whatever length, as a share of it. */
const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const shares = fc.array(fc.oneof(share, fc.constantFrom(0, 1)), { maxLength: 30 })

describe('a bundle', () => {
  test('S2 split anywhere into chunks gives the same documents', async () => {
    await fc.assert(
      fc.asyncProperty(parts, shares, async (documents, at) => {
        const bytes = bundle(documents)
        const cuts = at.map((share) => Math.floor(share * bytes.length))
        const expected = documents.map((saved, shard) => ({ id: entryOf(saved, shard).id, saved }))
        expect(await read(split(bytes, cuts))).toEqual(expected)
      }),
    )
  })

  test('D2 byte by byte too', async () => {
    const documents = [new Uint8Array([10, 10, 10]), new Uint8Array([0])]
    const bytes = bundle(documents)
    const taken = await read(
      split(
        bytes,
        Array.from({ length: bytes.length }, (_, at) => at),
      ),
    )
    expect(taken.map(({ saved }) => saved)).toEqual(documents)
  })

  test('D2 cut off anywhere it is found to be', async () => {
    await fc.assert(
      fc.asyncProperty(parts, share, async (documents, at) => {
        const bytes = bundle(documents)
        await expect(read([bytes.subarray(0, Math.floor(at * bytes.length))])).rejects.toThrow(BadBundle)
      }),
    )
  })

  test('D2 with any bit flipped it is found to be, and no altered document is given out', async () => {
    await fc.assert(
      fc.asyncProperty(parts, share, fc.nat(7), async (documents, at, bit) => {
        const bytes = bundle(documents)
        const place = Math.floor(at * bytes.length)
        bytes[place] = (bytes[place] ?? 0) ^ (1 << bit)
        const taken: Uint8Array[] = []
        const reading = readBundle(arriving(bytes), keyOf, async (_entry, saved) => {
          taken.push(saved)
        })
        await expect(reading).rejects.toThrow(BadBundle)
        expect(taken).toEqual(documents.slice(0, taken.length))
      }),
    )
  })

  test('D2 nothing may follow it, nor stand in it twice', async () => {
    const bytes = bundle([new Uint8Array([1, 2, 3])])
    await expect(read([bytes, new Uint8Array(1)])).rejects.toThrow('bytes follow')
    await expect(read([bytes, bytes])).rejects.toThrow('bytes follow')
    await expect(read([new Uint8Array(), bytes, new Uint8Array()])).resolves.toHaveLength(1)
  })

  test('R1 no bytes make it do anything but refuse', async () => {
    const start = new TextEncoder().encode('counterfoil-bundle 1\n')
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((rest) => new Uint8Array([...start, ...rest])),
      fc.json().map((json) => new TextEncoder().encode(`counterfoil-bundle 1\n${json}\nx\n`)),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (garbage) => {
        await expect(read([garbage])).rejects.toThrow(BadBundle)
      }),
    )
  })

  test('R1 a head without end is not read to its end', async () => {
    let given = 0
    const endless = async function* () {
      yield new TextEncoder().encode('counterfoil-bundle 1\n')
      for (;;) {
        given += 65_536
        yield new Uint8Array(65_536).fill(0x20)
      }
    }
    const reading = readBundle(endless(), keyOf, async () => undefined)
    await expect(reading).rejects.toThrow('too long')
    expect(given).toBeLessThan(MANIFEST_BYTES + 200_000)
  }, 60_000)

  test('what it came from is let go of, also where it is refused', async () => {
    const good = bundle([new Uint8Array([1, 2, 3])])
    for (const [bytes, outcome] of [
      [good, 'taken'],
      [good.subarray(0, -1), 'refused'],
      [good.map((byte, at) => (at === 30 ? byte ^ 1 : byte)), 'refused'],
    ] as const) {
      let open = true
      const source = async function* () {
        try {
          yield* split(bytes, [10, 40, 200])
        } finally {
          open = false
        }
      }
      const reading = readBundle(source(), keyOf, async () => undefined)
      expect(
        await reading.then(
          () => 'taken',
          () => 'refused',
        ),
      ).toBe(outcome)
      expect(open).toBe(false)
    }
  })

  test('what a document cannot be done with ends the reading with that error', async () => {
    const reading = readBundle(arriving(bundle([new Uint8Array(3)])), keyOf, () =>
      Promise.reject(new Error('the disk is full')),
    )
    await expect(reading).rejects.toThrow('the disk is full')
  })
})

describe('a manifest', () => {
  const one = new Uint8Array([1, 2, 3])
  const entry = entryOf(one, 0)

  test('A2 is signed by the terminal and epoch it names', async () => {
    const other = newSigner()
    const head = bundleHead(manifestOf([entry]), other)
    await expect(read([head, one])).rejects.toThrow('signature of its manifest is wrong')
    for (const over of [{ epoch: 'B' }, { terminal: 'term_11111111111111111111' }]) {
      await expect(read([bundle([one], over)])).rejects.toThrow('is not known here')
    }
  })

  test.each([
    ['a name that its id does not belong to', { name: { ...entry.name, shard: 1 } as DocumentName }],
    ['a negative length', { length: -3 }],
    ['a length beyond all memory', { length: BUNDLE_DOCUMENT_BYTES + 1 }],
    ['a hash that is none', { sha256: 'x'.repeat(64) }],
    ['a member nobody knows', { more: 1 }],
    ['no heads', { heads: undefined as never }],
  ])('R1 with %s is refused before any document is read', async (_what, over) => {
    const bytes = bundle([one], { documents: [{ ...entry, ...over }] })
    let taken = 0
    const reading = readBundle(arriving(bytes), keyOf, async () => {
      taken += 1
    })
    await expect(reading).rejects.toThrow(BadBundle)
    expect(taken).toBe(0)
  })

  test('R1 is canonical JSON: spelled otherwise, its signature would cover what nobody wrote', async () => {
    const text = new TextDecoder().decode(bundle([one]).slice(0, -one.length))
    const [magic = '', line = ''] = text.split('\n')
    const loose = JSON.stringify(JSON.parse(line), null, 1).replaceAll('\n', '')
    const signature = signer.sign(new TextEncoder().encode(loose))
    const head = new TextEncoder().encode(`${magic}\n${loose}\n${signature}\n`)
    await expect(read([head, one])).rejects.toThrow('not canonical JSON')
  })

  test.each(['counterfoil-bundle 2\n', 'counterfoil-bundle 1\r\n', '', '{}\n'])(
    'R1 after %j is none of this version',
    async (magic) => {
      const bytes = bundle([one])
      const rest = bytes.subarray('counterfoil-bundle 1\n'.length)
      await expect(read([new TextEncoder().encode(magic), rest])).rejects.toThrow(BadBundle)
    },
  )
})

async function* arriving(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
