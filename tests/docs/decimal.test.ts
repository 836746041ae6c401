import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addDecimals,
  BadDecimal,
  compareDecimals,
  fromScaled,
  isDecimal,
  negateDecimal,
  parseDecimal,
  toMinor,
  toScaled,
} from '../../src/docs/decimal.js'
import { validate } from '../../src/docs/validate.js'

const LARGEST = 999_999_999_999_999_999n
const scaledNumbers = fc.bigInt({ min: -LARGEST, max: LARGEST })

describe('parseDecimal', () => {
  it.each([
    ['1.50', '1.5'],
    [' 6 ', '6'],
    ['0.030', '0.03'],
    ['007', '7'],
    ['+3', '3'],
    ['-2.10', '-2.1'],
    ['0', '0'],
    ['-0.000', '0'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1.5000000000', '1.5'],
    ['999999999999.999999', '999999999999.999999'],
  ])('reads %j as %s', (text, canonical) => {
    expect(parseDecimal(text)).toBe(canonical)
  })

  it.each([
    '',
    ' ',
    '.',
    '-',
    'abc',
    '1,5',
    '1,000.50',
    '1e3',
    '0x10',
    '1.2.3',
    '--1',
    '1 2',
    '١',
    'NaN',
    'Infinity',
  ])('refuses %j and names it', (text) => {
    expect(() => parseDecimal(text, 'quantity')).toThrow(BadDecimal)
    expect(() => parseDecimal(text, 'quantity')).toThrow(`"${text}" cannot be used as a quantity`)
  })

  it('refuses more digits than can be kept, rather than cutting them off', () => {
    expect(() => parseDecimal('0.0000001')).toThrow(/at most 6 digits after the point/)
    expect(() => parseDecimal('1000000000000')).toThrow(/at most 12 digits before the point/)
  })

  it('R1: refuses a text of any length at once, and does not repeat all of it', () => {
    const text = `${'0'.repeat(2_000_000)}x`
    expect(() => parseDecimal(text)).toThrow(/^"0{40}…" cannot be used/)
    expect(parseDecimal('0'.repeat(64))).toBe('0')
    expect(() => parseDecimal('0'.repeat(65))).toThrow(BadDecimal)
  })

  it('makes every spelling of a number canonical, as the schema demands', () => {
    const spellings = fc.record({
      number: scaledNumbers,
      zerosBefore: fc.integer({ min: 0, max: 3 }),
      zerosAfter: fc.integer({ min: 0, max: 3 }),
      blanks: fc.constantFrom('', ' ', '\t'),
    })
    fc.assert(
      fc.property(spellings, ({ number, zerosBefore, zerosAfter, blanks }) => {
        const canonical = fromScaled(number)
        const [integer = '', fraction = ''] = canonical.replace('-', '').split('.')
        const sign = canonical.startsWith('-') ? '-' : ''
        const point = fraction === '' && zerosAfter === 0 ? '' : '.'
        const text = `${blanks}${sign}${'0'.repeat(zerosBefore)}${integer}${point}${fraction}${'0'.repeat(zerosAfter)}${blanks}`
        expect(parseDecimal(text)).toBe(canonical)
        expect(() => validate('common.schema.json#/$defs/Decimal', canonical, 'number')).not.toThrow()
      }),
    )
  })

  it('throws BadDecimal or gives a canonical number for any text at all', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'0123456789.+- '), maxLength: 30 }),
    )
    fc.assert(
      fc.property(texts, (text) => {
        let refusal: unknown
        let number = '0'
        try {
          number = parseDecimal(text)
        } catch (error) {
          refusal = error
        }
        expect(isDecimal(number)).toBe(true)
        expect(refusal === undefined || refusal instanceof BadDecimal).toBe(true)
      }),
    )
  })
})

describe('arithmetic', () => {
  it('adds what floats cannot', () => {
    expect(addDecimals('0.1', '0.2')).toBe('0.3')
    expect(addDecimals('-0.5', '0.5')).toBe('0')
    expect(['1.5', '2.5', '-4'].reduce(addDecimals, '0')).toBe('0')
  })

  it('negates without a −0', () => {
    expect(negateDecimal('0')).toBe('0')
    expect(negateDecimal('1.5')).toBe('-1.5')
  })

  it('compares by value, not by spelling', () => {
    expect(compareDecimals('10', '9')).toBeGreaterThan(0)
    expect(compareDecimals('-10', '-9')).toBeLessThan(0)
    expect(compareDecimals('0.3', '0.3')).toBe(0)
  })

  it('refuses a sum that cannot be kept, and numbers that are not canonical', () => {
    expect(() => addDecimals('999999999999', '1')).toThrow(BadDecimal)
    for (const text of ['1.50', '01', '-0', '', 'x', '1e3', '0.0000001']) {
      expect(() => toScaled(text)).toThrow(BadDecimal)
      expect(isDecimal(text)).toBe(false)
    }
    expect(isDecimal(5)).toBe(false)
  })

  it('goes to scaled numbers and back, and keeps order, sums and negation', () => {
    fc.assert(
      fc.property(scaledNumbers, scaledNumbers, (a, b) => {
        const [left, right] = [fromScaled(a / 2n), fromScaled(b / 2n)]
        expect(toScaled(fromScaled(a))).toBe(a)
        expect(toScaled(addDecimals(left, right))).toBe(a / 2n + b / 2n)
        expect(negateDecimal(negateDecimal(left))).toBe(left)
        expect(Math.sign(compareDecimals(left, right))).toBe(a / 2n < b / 2n ? -1 : a / 2n > b / 2n ? 1 : 0)
      }),
    )
  })
})

describe('toMinor', () => {
  it.each([
    ['2.55', 2, { minor: 255 }],
    ['2.550', 2, { minor: 255 }],
    [' 2 ', 2, { minor: 200 }],
    ['0', 2, { minor: 0 }],
    ['-0.00', 2, { minor: 0 }],
    ['0.001', 2, { minor: 1, per: 10 }],
    ['0.0001', 2, { minor: 1, per: 100 }],
    ['12.345', 2, { minor: 12345, per: 10 }],
    ['-2.55', 2, { minor: -255 }],
    ['110', 0, { minor: 110 }],
    ['2.5', 0, { minor: 25, per: 10 }],
    ['1.25', 3, { minor: 1250 }],
    ['0.0005', 3, { minor: 5, per: 10 }],
    ['0.00000001', 2, { minor: 1, per: 1_000_000 }],
    ['90071992547409.91', 2, { minor: Number.MAX_SAFE_INTEGER }],
  ])('reads %j with %i digits', (text, digits, price) => {
    expect(toMinor(text, digits)).toStrictEqual(price)
  })

  it.each(['', 'free', '1,50', '1e3', '0.000000001', '90071992547409.92', '9'.repeat(64)])(
    'refuses %j',
    (text) => {
      expect(() => toMinor(text, 2)).toThrow(BadDecimal)
      expect(() => toMinor(text, 2, 'price of TEA')).toThrow(`"${text.slice(0, 40)}`)
    },
  )

  it('keeps the value exactly, with the smallest power of ten', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -1_000_000_000_000n, max: 1_000_000_000_000n }),
        fc.integer({ min: 0, max: 4 }),
        (number, digits) => {
          const { minor, per = 1 } = toMinor(fromScaled(number), digits)
          expect(BigInt(minor) * 1_000_000n).toBe(number * 10n ** BigInt(digits) * BigInt(per))
          expect(per === 1 || minor % 10 !== 0).toBe(true)
          expect(Object.is(minor, -0)).toBe(false)
        },
      ),
    )
  })
})
