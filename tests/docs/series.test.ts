import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  epochBefore,
  financialYear,
  formatNumber,
  nextEpoch,
  NUMBER_LENGTH,
  parseNumber,
  SeriesExhausted,
  type Series,
} from '../../src/docs/series.js'

const series = fc.record({
  code: fc.stringMatching(/^[A-Z][A-Z0-9]?[0-9]$/),
  epoch: fc.stringMatching(/^[A-Z]{1,2}$/),
  type: fc.constantFrom('invoice' as const, 'credit-note' as const),
  year: fc.stringMatching(/^\d{4}$/),
})

const T07: Series = { code: 'T07', epoch: 'A', type: 'invoice', year: '2526' }

describe('numbers', () => {
  test('N1 the shape of the law: T07A/2526/000123', () => {
    expect(formatNumber(T07, 123)).toBe('T07A/2526/000123')
    expect(formatNumber({ ...T07, type: 'credit-note' }, 123)).toBe('T07A/2526/C00123')
  })

  test('N1 every number is at most 16 characters of A-Z 0-9 - / and reads back as what it was', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 9_999 }), (one, sequence) => {
        const number = formatNumber(one, sequence)
        expect(number).toMatch(/^[A-Z0-9/-]+$/)
        expect(number.length).toBeLessThanOrEqual(NUMBER_LENGTH)
        expect(parseNumber(number)).toEqual({ ...one, sequence })
      }),
    )
  })

  test('N1 numbers of different series never meet', () => {
    fc.assert(
      fc.property(
        series,
        series,
        fc.integer({ min: 1, max: 9_999 }),
        fc.integer({ min: 1, max: 9_999 }),
        (a, b, m, n) => {
          const same = JSON.stringify([a, m]) === JSON.stringify([b, n])
          expect(formatNumber(a, m) === formatNumber(b, n)).toBe(same)
        },
      ),
    )
  })

  test('N1 a series that is used up says so instead of growing past 16 characters', () => {
    expect(formatNumber(T07, 999_999)).toBe('T07A/2526/999999')
    expect(() => formatNumber(T07, 1_000_000)).toThrow(SeriesExhausted)
    expect(() => formatNumber({ ...T07, type: 'credit-note', epoch: 'AB' }, 10_000)).toThrow(SeriesExhausted)
  })

  test.each([
    '',
    'T07A/2526',
    'T07A/2526/',
    't07a/2526/000123',
    'T07A/2526/12',
    'T7AA/2526/0001234567',
    '../../etc',
  ])('%j is no number', (text) => expect(parseNumber(text)).toBeUndefined())
})

describe('financial years', () => {
  test.each([
    ['2026-03-31', '04-01', '2526'],
    ['2026-04-01', '04-01', '2627'],
    ['2026-12-31', '01-01', '2026'],
    ['2000-01-01', '04-01', '9900'],
    ['2026-07-01', '07-01', '2627'],
    ['2026-06-30', '07-01', '2526'],
  ])('N1 %s with a year from %s lies in %s', (day, start, year) =>
    expect(financialYear(day, start)).toBe(year),
  )
})

describe('epochs', () => {
  test('N2 run A … Z, AA … ZZ, each later than the one before', () => {
    const seen: string[] = ['A']
    for (;;) {
      const last = seen.at(-1) ?? ''
      if (last === 'ZZ') break
      const next = nextEpoch(last)
      expect(epochBefore(last, next)).toBe(true)
      expect(epochBefore(next, last)).toBe(false)
      seen.push(next)
    }
    expect(seen).toHaveLength(26 + 26 * 26)
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.slice(24, 29)).toEqual(['Y', 'Z', 'AA', 'AB', 'AC'])
    expect(() => nextEpoch('ZZ')).toThrow('another name')
  })
})
