import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromScaled } from '../../src/docs/decimal.js'
import type { TaxComponent } from '../../src/docs/generated/types.js'
import { BadTaxSpec, faultOfTaxes, formatTaxSpec, parseTaxSpec } from '../../src/docs/tax.js'
import { validate } from '../../src/docs/validate.js'

describe('parseTaxSpec', () => {
  it.each([
    [
      'CGST:9+SGST:9',
      [
        { name: 'CGST', rate: '9' },
        { name: 'SGST', rate: '9' },
      ],
    ],
    [
      'SGST:9+CGST:9',
      [
        { name: 'SGST', rate: '9' },
        { name: 'CGST', rate: '9' },
      ],
    ],
    ['VAT:20', [{ name: 'VAT', rate: '20' }]],
    [' VAT : 20.50 % ', [{ name: 'VAT', rate: '20.5' }]],
    ['VAT:0', [{ name: 'VAT', rate: '0' }]],
    ['Octroi de mer:2.5', [{ name: 'Octroi de mer', rate: '2.5' }]],
    ['20', [{ name: 'TAX', rate: '20' }]],
    ['20%', [{ name: 'TAX', rate: '20' }]],
    ['12.50 %', [{ name: 'TAX', rate: '12.5' }]],
    ['VAT:100', [{ name: 'VAT', rate: '100' }]],
    ['', []],
    ['  ', []],
    ['none', []],
    ['None', []],
  ])('reads %j', (text, components) => {
    expect(parseTaxSpec(text)).toStrictEqual(components)
  })

  it('names a bare rate as the options say', () => {
    expect(parseTaxSpec('20', { name: 'VAT' })).toStrictEqual([{ name: 'VAT', rate: '20' }])
    expect(parseTaxSpec('GST:5', { name: 'VAT' })).toStrictEqual([{ name: 'GST', rate: '5' }])
    expect(() => parseTaxSpec('20', { name: '7up' })).toThrow(BadTaxSpec)
  })

  it.each([
    ['VAT', /not name:percent/],
    ['VAT:', /no rate in percent/],
    [':9', /must begin with a letter/],
    ['9VAT:9', /must begin with a letter/],
    ['A'.repeat(21) + ':9', /must begin with a letter/],
    ['VAT:x', /no rate in percent/],
    ['VAT:1:2', /not name:percent/],
    ['VAT:5+', /not name:percent/],
    ['+VAT:5', /not name:percent/],
    ['18+5', /not name:percent/],
    ['VAT:5+VAT:20', /names VAT twice/],
    ['VAT:5+vat:20', /names vat twice/],
    ['VAT:-5', /not between 0 and 100/],
    ['VAT:100.1', /not between 0 and 100/],
    ['101', /not between 0 and 100/],
    ['1.2.3', /no rate in percent/],
    ['VAT:0.0000001', /no rate in percent/],
    ['VAT:1,5', /no rate in percent/],
    ['VAT:5;GST:5', /not name:percent/],
    ['A:1+B:1+C:1+D:1+E:1+F:1+G:1+H:1+I:1', /more than 8 parts/],
    ['VAT:5+'.repeat(1000), /longer than 500/],
  ])('refuses %j, names it and says what to write', (text, reason) => {
    expect(() => parseTaxSpec(text)).toThrow(BadTaxSpec)
    expect(() => parseTaxSpec(text)).toThrow(reason)
    expect(() => parseTaxSpec(text)).toThrow(/such as CGST:9\+SGST:9, or none/)
    expect(() => parseTaxSpec(text)).toThrow(`"${text.slice(0, 40)}`)
  })

  it('reads back what is printed', () => {
    const components = fc.uniqueArray(
      fc.record({
        name: fc.stringMatching(/^[A-Za-z][A-Za-z0-9._-]{0,19}$/),
        rate: fc.bigInt({ min: 0n, max: 100_000_000n }).map(fromScaled),
      }),
      { maxLength: 8, selector: ({ name }) => name.toUpperCase() },
    )
    fc.assert(
      fc.property(components, (list) => {
        expect(parseTaxSpec(formatTaxSpec(list))).toEqual(list)
        for (const component of list) {
          expect(() => validate('common.schema.json#/$defs/TaxComponent', component, 'tax')).not.toThrow()
        }
      }),
    )
  })

  it('throws BadTaxSpec or gives usable components for any text at all', () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'AB:+9.%- ') }))
    fc.assert(
      fc.property(texts, (text) => {
        let refusal: unknown
        let components: TaxComponent[] = []
        try {
          components = parseTaxSpec(text)
        } catch (error) {
          refusal = error
        }
        expect(faultOfTaxes(components)).toBeUndefined()
        expect(refusal === undefined || refusal instanceof BadTaxSpec).toBe(true)
      }),
    )
  })
})
