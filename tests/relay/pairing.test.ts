import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PAIRING_LIFE_MS, PAIRING_TRIES } from '../../src/protocol/limits.js'
import { Pairings, type PendingPairing } from '../../src/relay/pairing.js'

const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes))

function make(pending: ReadonlyMap<string, PendingPairing> = new Map()) {
  const world = { now: 1_000, saved: new Map<string, PendingPairing>() }
  const pairings = new Pairings(pending, {
    now: () => world.now,
    random,
    save: async (entries) => {
      world.saved = new Map(structuredClone([...entries]))
    },
  })
  return { world, pairings }
}

/** The same first four characters, and other secret ones. */
function wrongFor(code: string): string {
  return `${code.slice(0, 5)}${code.slice(5).replaceAll(/[0-9A-Z]/g, (char) => (char === 'X' ? 'Y' : 'X'))}`
}

async function miss(pairings: Pairings, code: string, address: string): Promise<void> {
  await expect(pairings.redeem(code, address)).rejects.toMatchObject({ code: 'wrong-code' })
}

describe('pairing codes', () => {
  test('a code says what it was made for, once', async () => {
    const { pairings } = make()
    const { code } = await pairings.create('Main', 'Till 1', 'manager')
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
    expect(await pairings.redeem(code, 'here')).toMatchObject({
      shop: 'Main',
      terminal: 'Till 1',
      role: 'manager',
    })
    await miss(pairings, code, 'here')
  })

  test('of two who type it at the same moment one gets in', async () => {
    const { pairings } = make()
    const { code } = await pairings.create('Main', 'T01', 'till')
    const tries = await Promise.allSettled([pairings.redeem(code, 'a'), pairings.redeem(code, 'b')])
    expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('what is kept holds no code, only its hash and the four characters that find it', async () => {
    const { pairings, world } = make()
    const { code } = await pairings.create('Main', 'T01', 'till')
    const kept = JSON.stringify([...world.saved])
    const [locator = '', ...secret] = code.split('-')
    expect(kept).toContain(locator)
    for (const part of [code, secret.join(''), ...secret]) expect(kept).not.toContain(part)
  })

  test('it is good for ten minutes', async () => {
    const { pairings, world } = make()
    const [soon, late] = [
      await pairings.create('Main', 'T01', 'till'),
      await pairings.create('Main', 'T02', 'till'),
    ]
    expect(late.expiresAt).toBe(world.now + PAIRING_LIFE_MS)
    world.now += PAIRING_LIFE_MS - 1
    await pairings.redeem(soon.code, 'here')
    world.now += 1
    await expect(pairings.redeem(late.code, 'here')).rejects.toMatchObject({ code: 'code-expired' })
  })

  test('after five wrong tries at it, wherever they come from, the right one is refused too', async () => {
    const { pairings } = make()
    const { code } = await pairings.create('Main', 'T01', 'till')
    for (let at = 1; at <= PAIRING_TRIES; at += 1) await miss(pairings, wrongFor(code), `address ${at}`)
    await expect(pairings.redeem(code, 'the right place')).rejects.toMatchObject({ code: 'too-many-tries' })
  })

  test('after four it is still good', async () => {
    const { pairings } = make()
    const { code } = await pairings.create('Main', 'T01', 'till')
    for (let at = 1; at < PAIRING_TRIES; at += 1) await miss(pairings, wrongFor(code), 'here')
    expect(await pairings.redeem(code, 'here')).toMatchObject({ terminal: 'T01' })
  })

  test('wrong tries at one code use up none of another', async () => {
    const { pairings } = make()
    const [one, two] = [
      await pairings.create('Main', 'T01', 'till'),
      await pairings.create('Main', 'T02', 'till'),
    ]
    for (let at = 1; at <= PAIRING_TRIES; at += 1) await miss(pairings, wrongFor(one.code), 'there')
    expect(await pairings.redeem(two.code, 'here')).toMatchObject({ terminal: 'T02' })
  })

  test('the sixth try from one address is refused, whatever was tried; other addresses go on', async () => {
    const { pairings } = make()
    const { code } = await pairings.create('Main', 'T01', 'till')
    for (let left = PAIRING_TRIES - 1; left >= 0; left -= 1) {
      await expect(pairings.redeem(`ZZZZ-ZZZZ-ZZZ${left}`, 'there')).rejects.toMatchObject({
        code: 'wrong-code',
        extra: { triesLeft: left },
      })
    }
    await expect(pairings.redeem(code, 'there')).rejects.toMatchObject({ code: 'too-many-tries' })
    expect(await pairings.redeem(code, 'here')).toMatchObject({ terminal: 'T01' })
  })

  test('an address is free again after ten minutes, or when the operator makes a code', async () => {
    const { pairings, world } = make()
    const tire = async (): Promise<void> => {
      for (let at = 1; at <= PAIRING_TRIES; at += 1) await miss(pairings, 'ZZZZ-ZZZZ-ZZZZ', 'here')
      await expect(pairings.redeem('ZZZZ', 'here')).rejects.toMatchObject({ code: 'too-many-tries' })
    }
    await tire()
    world.now += PAIRING_LIFE_MS
    await tire()
    const { code } = await pairings.create('Main', 'T01', 'till')
    expect(await pairings.redeem(code, 'here')).toMatchObject({ terminal: 'T01' })
  })

  test('a newer code for the same terminal ends the older one, and no other', async () => {
    const { pairings } = make()
    const other = await pairings.create('Main', 'T02', 'till')
    const elsewhere = await pairings.create('Branch', 'T01', 'till')
    const older = await pairings.create('Main', 'T01', 'till')
    const newer = await pairings.create('Main', 'T01', 'till')
    await expect(pairings.redeem(older.code, 'here')).rejects.toMatchObject({ code: 'wrong-code' })
    for (const { code } of [other, elsewhere, newer]) await pairings.redeem(code, 'here')
  })

  test('a restart revives neither a code nor a try', async () => {
    const { pairings, world } = make()
    const used = await pairings.create('Main', 'T01', 'till')
    const tried = await pairings.create('Main', 'T02', 'till')
    const fresh = await pairings.create('Main', 'T03', 'till')
    await pairings.redeem(used.code, 'here')
    for (let at = 1; at <= PAIRING_TRIES; at += 1) await miss(pairings, wrongFor(tried.code), `address ${at}`)
    const { pairings: again, world: later } = make(world.saved)
    later.now = world.now
    await miss(again, used.code, 'here')
    await expect(again.redeem(tried.code, 'here')).rejects.toMatchObject({ code: 'too-many-tries' })
    expect(await again.redeem(fresh.code, 'here')).toMatchObject({ terminal: 'T03' })
  })

  test('a code that could not be kept is not given out', async () => {
    const pairings = new Pairings(new Map(), {
      now: () => 0,
      random,
      save: () => Promise.reject(new Error('the disk is full')),
    })
    await expect(pairings.create('Main', 'T01', 'till')).rejects.toThrow('the disk is full')
  })

  test('it may be typed in any way it can be read', async () => {
    const spellings = fc.array(
      fc.record({ small: fc.boolean(), gap: fc.constantFrom('', '-', ' ', '  '), alike: fc.nat(2) }),
      { minLength: 14, maxLength: 14 },
    )
    await fc.assert(
      fc.asyncProperty(spellings, async (spelling) => {
        const { pairings } = make()
        const { code } = await pairings.create('Main', 'T01', 'till')
        const typed = [...code].map((char, index) => {
          const { small = false, gap = '', alike = 0 } = spelling[index] ?? {}
          const ALIKE: Readonly<Record<string, string>> = { '0': '0Oo', '1': '1Il' }
          const as = ALIKE[char]?.[alike] ?? char
          return gap + (small ? as.toLowerCase() : as)
        })
        expect(await pairings.redeem(typed.join(''), 'here')).toMatchObject({ terminal: 'T01' })
      }),
    )
  })

  test('nothing else is taken for it', async () => {
    const { pairings } = make()
    const { code } = await pairings.create('Main', 'T01', 'till')
    let address = 0
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.constantFrom('', '-', code.slice(0, -1), `${code}0`)),
        async (typed) => {
          await expect(pairings.redeem(typed, String((address += 1)))).rejects.toMatchObject({
            code: expect.stringMatching(/^(wrong-code|too-many-tries)$/),
          })
        },
      ),
    )
  })
})
