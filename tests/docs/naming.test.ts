import fc from 'fast-check'
import { isValidDocumentId } from '@automerge/automerge-repo'
import { describe, expect, test } from 'vitest'
import { keyOf, segmentsOf } from '../../src/docs/flat.js'
import { describeDocument, documentId, shardOf, type DocumentName } from '../../src/docs/naming.js'

const BOOK: DocumentName = {
  kind: 'daybook',
  shop: 'shop_00000000000000000000',
  terminal: 'term_00000000000000000000',
  code: 'T01',
  epoch: 'A',
  day: '2026-11-24',
  part: 1,
}

describe('names', () => {
  test('an id follows from organisation and name alone, and every part of the name changes it', () => {
    const id = documentId('org_1', BOOK)
    expect(isValidDocumentId(id)).toBe(true)
    expect(documentId('org_1', { ...BOOK })).toBe(id)
    const others: DocumentName[] = [
      { ...BOOK, epoch: 'B' },
      { ...BOOK, day: '2026-11-25' },
      { ...BOOK, part: 2 },
      { ...BOOK, terminal: 'term_00000000000000000001' },
      { ...BOOK, shop: 'shop_00000000000000000001' },
      { kind: 'bills', shop: BOOK.shop, day: '2026-11-24' },
      { kind: 'shop', shop: BOOK.shop },
    ]
    const ids = [documentId('org_2', BOOK), ...others.map((name) => documentId('org_1', name)), id]
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('the derivation is pinned: another one would orphan every document there is', () => {
    expect(documentId('org_00000000000000000000', BOOK)).toMatchInlineSnapshot(
      `"4NGN3BvtKQzeveMa2xG2kW33GXrW"`,
    )
  })

  test('a person reads which document is meant', () => {
    expect(describeDocument(BOOK)).toBe('day book T01A 2026-11-24')
    expect(describeDocument({ ...BOOK, part: 2 })).toBe('day book T01A 2026-11-24.2')
  })

  test('keys read back as the segments they were made of, whatever a SKU holds', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (segments) => {
        expect(segmentsOf(keyOf(...segments))).toEqual(segments)
      }),
    )
    expect(keyOf('item', 'A/B', 'name')).not.toBe(keyOf('item', 'A', 'B', 'name'))
  })

  test('SKUs spread over the shards', () => {
    const counts = Array.from({ length: 16 }, () => 0)
    for (let index = 0; index < 16_000; index += 1) {
      const shard = shardOf(`SKU-${index}`, 16)
      counts[shard] = (counts[shard] ?? 0) + 1
    }
    expect(Math.min(...counts)).toBeGreaterThan(800)
    expect(Math.max(...counts)).toBeLessThan(1_200)
  })
})
