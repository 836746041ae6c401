import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { probesOf, KeyFilter } from '../../src/storage/key-filter.js'

it('a filter denies no key it was made of, also when it is read back', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: 'grapheme' }), { maxLength: 500 }), (keys) => {
      const filter = KeyFilter.of(new Set(keys))
      const again = new KeyFilter(Buffer.from(Buffer.from(filter.bits).toString('base64'), 'base64'))
      for (const key of keys)
        expect([filter.mayHave(probesOf(key)), again.mayHave(probesOf(key))]).toEqual([true, true])
    }),
  )
})

it.each([
  ['numbers that follow one another', (index: number) => String(536_365 + index)],
  ['long ones with the same beginning', (index: number) => `${'web shop order of 2026 '.repeat(20)}${index}`],
  ['short ones', (index: number) => index.toString(36)],
])('of 200,000 keys that were not added, a filter lets few pass: %s', (_what, key) => {
  const filter = KeyFilter.of(new Set(Array.from({ length: 8_192 }, (_, index) => key(index))))
  let passed = 0
  for (let index = 10_000; index < 210_000; index += 1) if (filter.mayHave(probesOf(key(index)))) passed += 1
  expect(passed).toBeLessThan(10)
})
