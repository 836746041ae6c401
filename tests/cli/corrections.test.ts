import { describe, expect, test } from 'vitest'
import { planCorrections } from '../../src/cli/corrections.js'
import type { FileSale } from '../../src/cli/sales-file.js'

function sale(ref: string, customer: string | undefined, quantities: Record<string, string>): FileSale {
  return {
    ref,
    type: ref.startsWith('C') ? 'credit-note' : 'invoice',
    date: undefined,
    customer,
    lines: Object.entries(quantities).map(([sku, quantity], index) => ({
      id: `${index}`,
      sku,
      name: sku,
      quantity,
      price: { minor: 100 },
      taxes: [],
    })),
  }
}

const plan = (...sales: FileSale[]) => Object.fromEntries(planCorrections(sales))

describe('what the credit notes of a sales file correct', () => {
  test('the latest earlier invoice to the same customer', () => {
    expect(
      plan(
        sale('1', 'a', { TEA: '5' }),
        sale('2', 'a', { TEA: '5' }),
        sale('3', 'b', { TEA: '5' }),
        sale('C4', 'a', { TEA: '2' }),
      ),
    ).toEqual({ C4: '2' })
  })

  test('never more of an invoice than was sold, over several credit notes', () => {
    expect(
      plan(
        sale('1', 'a', { TEA: '3', SALT: '1' }),
        sale('2', 'a', { TEA: '2.5' }),
        sale('C3', 'a', { TEA: '2' }),
        sale('C4', 'a', { TEA: '2' }),
        sale('C5', 'a', { TEA: '0.5' }),
        sale('C6', 'a', { TEA: '2' }),
      ),
    ).toEqual({ C3: '2', C4: '1', C5: '2', C6: undefined })
  })

  test('all of its lines, not some of them', () => {
    expect(plan(sale('1', 'a', { TEA: '3' }), sale('C2', 'a', { TEA: '1', SALT: '1' }))).toEqual({
      C2: undefined,
    })
  })

  test('nothing that comes later, and nothing where the customer is not known', () => {
    expect(
      plan(
        sale('C1', 'a', { TEA: '1' }),
        sale('2', 'a', { TEA: '1' }),
        sale('3', undefined, { TEA: '1' }),
        sale('C4', undefined, { TEA: '1' }),
      ),
    ).toEqual({ C1: undefined, C4: undefined })
  })

  test('lines of one item count together', () => {
    const twice = { ...sale('1', 'a', { TEA: '2' }) }
    const doubled = { ...twice, lines: [...twice.lines, ...twice.lines] }
    expect(plan(doubled, sale('C2', 'a', { TEA: '4' }), sale('C3', 'a', { TEA: '1' }))).toEqual({
      C2: '1',
      C3: undefined,
    })
  })
})
