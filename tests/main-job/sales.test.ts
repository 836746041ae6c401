import { beforeAll, describe, expect, test } from 'vitest'
import { faultsOfNumbers, halves, readRows, reconcile, SALES_FILE, type SalesRows } from './sales.js'

let rows: SalesRows
beforeAll(async () => {
  rows = await readRows(SALES_FILE)
})

describe('the reconciliation that the product is held against', () => {
  test('counts the file as a spreadsheet does', () => {
    const { invoices, creditNotes, minor, skippedRows, sales } = reconcile(rows)
    expect({ invoices, creditNotes, minor, skipped: skippedRows.length }).toEqual({
      invoices: 425,
      creditNotes: 43,
      minor: 18_184_725,
      skipped: 46,
    })
    // 7" in a description that is quoted, and a comma in one: cells are told apart rightly.
    expect(sales).toContainEqual(['536477', 'invoice', 14, 247_474])
  })

  test('two halves have no invoice in common and come to the whole', () => {
    const [first, second] = halves(rows).map(reconcile)
    const whole = reconcile(rows)
    expect((first?.minor ?? 0) + (second?.minor ?? 0)).toBe(whole.minor)
    expect([...(first?.sales ?? []), ...(second?.sales ?? [])].map(([ref]) => ref).toSorted()).toEqual(
      whole.sales.map(([ref]) => ref),
    )
    for (const half of [first, second]) expect(half?.creditNotes).toBeGreaterThan(10)
  })

  test('half a penny is rounded away from zero, on both sides', () => {
    const file = (price: string, quantity: number, ref: string): SalesRows => ({
      header: rows.header,
      rows: [`${ref},SKU,Tea,${quantity},2010-12-01 08:26:00,${price},17850,United Kingdom\r\n`],
    })
    expect(reconcile(file('0.125', 1, '1')).minor).toBe(13)
    expect(reconcile(file('0.124', 1, '1')).minor).toBe(12)
    expect(reconcile(file('0.125', -1, 'C1')).minor).toBe(-13)
    expect(reconcile(file('0.1', 3, '1')).minor).toBe(30)
  })

  test('N1 a number that is missing, doubled or not the first is found, in each series by itself', () => {
    const good = ['T01A/2627/000001', 'T01A/2627/C00001', 'T02A/2627/000001', 'T01A/2627/000002']
    expect(faultsOfNumbers(good)).toEqual([])
    expect(faultsOfNumbers([...good, 'T01A/2627/000004'])).toEqual([
      'T01A/2627/: 4 stands where 3 is expected',
    ])
    expect(faultsOfNumbers([...good, 'T01A/2627/C00001'])).toEqual([
      'T01A/2627/C: 1 stands where 2 is expected',
    ])
    expect(faultsOfNumbers(['T02A/2627/000002'])).toEqual(['T02A/2627/: 2 stands where 1 is expected'])
  })
})
