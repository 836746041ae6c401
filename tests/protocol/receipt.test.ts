import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadReceipt, checkReceipt, sameHeads, signReceipt } from '../../src/protocol/receipt.js'
import { newSigner } from '../support/keys.js'

const signer = newSigner()
const HEAD = 'ab'.repeat(32)
const body = {
  v: 1 as const,
  type: 'custody-receipt' as const,
  relay: 'relay_00000000000000000000',
  terminal: 'term_00000000000000000000',
  serial: 7,
  at: '2026-04-01T06:00:00.000Z',
  documents: [
    { id: '4NMNnkMhL8jXrdJ9jamS58PAVdXu', heads: [HEAD] },
    { id: '4NMNnkMhL8jXrdJ9jamS58PAVdXv', heads: [HEAD, 'cd'.repeat(32)] },
  ],
}
const expected = { relay: body.relay, relayKey: signer.publicKey, terminal: body.terminal }
const receipt = signReceipt(body, signer)

describe('a custody receipt', () => {
  test('S3 as its relay signed it is accepted, in whatever order its members come', () => {
    expect(checkReceipt(receipt, expected)).toBe(receipt)
    const turned = Object.fromEntries(Object.entries(body).toReversed())
    expect(checkReceipt({ signature: receipt.signature, body: turned }, expected).body).toEqual(body)
    expect(checkReceipt(JSON.parse(JSON.stringify(receipt)), expected)).toEqual(receipt)
  })

  test('S3 with any character of it changed it is refused', () => {
    const text = JSON.stringify(receipt)
    const change = fc.record({
      at: fc.nat(text.length - 1),
      char: fc.constantFrom(...'0123456789abcdefXYZ_-"'),
    })
    fc.assert(
      fc.property(change, ({ at, char }) => {
        fc.pre(text[at] !== char)
        let tampered: unknown
        try {
          tampered = JSON.parse(`${text.slice(0, at)}${char}${text.slice(at + 1)}`)
        } catch {
          return
        }
        fc.pre(JSON.stringify(tampered) !== text)
        expect(() => checkReceipt(tampered, expected)).toThrow(BadReceipt)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['for another terminal', { terminal: 'term_11111111111111111111' }, 'given to term_1'],
    ['of another relay', { relay: 'relay_11111111111111111111' }, 'comes from relay_1'],
  ])('S3 one %s is refused, though its signature is right', (_what, over, reason) => {
    expect(() => checkReceipt(signReceipt({ ...body, ...over }, signer), expected)).toThrow(reason)
  })

  test('S3 one that another key signed in the relay’s name is refused', () => {
    expect(() => checkReceipt(signReceipt(body, newSigner()), expected)).toThrow('its signature is wrong')
  })

  test('S3 the signature of one receipt is worth nothing under another', () => {
    const other = signReceipt({ ...body, serial: 8 }, signer)
    expect(() => checkReceipt({ body, signature: other.signature }, expected)).toThrow('signature is wrong')
  })

  test.each([
    ['more documents', { documents: [...body.documents, { id: body.documents[0]?.id, heads: [] }] }],
    ['fewer documents', { documents: body.documents.slice(1) }],
    ['other heads', { documents: body.documents.map(({ id }) => ({ id, heads: ['ef'.repeat(32)] })) }],
    ['another serial', { serial: 6 }],
    ['another time', { at: '2026-04-01T06:00:00.001Z' }],
    ['a member more', { note: 'trust me' }],
  ])('S3 with %s it is refused', (_what, over) => {
    expect(() => checkReceipt({ ...receipt, body: { ...body, ...over } }, expected)).toThrow(BadReceipt)
  })

  test('R1 what is no receipt at all is refused as one', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => checkReceipt(value, expected)).toThrow(BadReceipt)
      }),
    )
  })
})

test('heads compare as sets', () => {
  const heads = fc.uniqueArray(fc.constantFrom('00', '01', '02', '03'))
  fc.assert(
    fc.property(heads, heads, (a, b) => {
      expect(sameHeads(a, a.toReversed())).toBe(true)
      const same = a.length === b.length && a.every((head) => b.includes(head))
      expect(sameHeads(a, b)).toBe(same)
    }),
  )
})
