import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatNumber } from '../../src/docs/series.js'
import {
  NotASlipCode,
  readSlipCode,
  slipCode,
  verifySlipCode,
  type SlipFacts,
} from '../../src/docs/slip-code.js'
import { newSigner } from '../support/keys.js'

const facts: fc.Arbitrary<SlipFacts> = fc.record({
  number: fc
    .tuple(fc.constantFrom('invoice' as const, 'credit-note' as const), fc.integer({ min: 1, max: 9_999 }))
    .map(([type, sequence]) => formatNumber({ code: 'T07', epoch: 'A', type, year: '2627' }, sequence)),
  sealedAt: fc
    .date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    .map((at) => at.toISOString()),
  payable: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }),
  currency: fc.constantFrom('INR', 'EUR', 'JPY'),
  hash: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('base64url')),
})

describe('the code on a slip', () => {
  const own = newSigner()
  const other = newSigner()

  test('H2 says what it was made of, and verifies with the key of its terminal and no other', () => {
    fc.assert(
      fc.property(facts, (told) => {
        const text = slipCode(told, own)
        expect(text.length).toBeLessThan(400)
        const code = readSlipCode(text)
        expect(code).toMatchObject(told)
        expect(verifySlipCode(code, own.publicKey)).toBe(true)
        expect(verifySlipCode(code, other.publicKey)).toBe(false)
      }),
    )
  })

  test('H2 any character that is changed makes it no code, or one that does not verify', () => {
    fc.assert(
      fc.property(facts, fc.nat(), fc.constantFrom(...'A0*-x'), (told, at, letter) => {
        const text = slipCode(told, own)
        const index = at % text.length
        const changed = text.slice(0, index) + letter + text.slice(index + 1)
        fc.pre(changed !== text)
        let verified = false
        try {
          verified = verifySlipCode(readSlipCode(changed), own.publicKey)
        } catch (error) {
          expect(error).toBeInstanceOf(NotASlipCode)
        }
        expect(verified).toBe(false)
      }),
    )
  })

  test.each(['', 'CF1', 'CF2*a*b*c*d*e*f', 'https://example.com/', 'x'.repeat(401)])(
    'R1 refuses “%s”',
    (text) => {
      expect(() => readSlipCode(text)).toThrow(NotASlipCode)
    },
  )
})
