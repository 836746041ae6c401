import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { readSalesFile } from '../../src/cli/sales-file.js'
import { parseTaxSpec } from '../../src/docs/tax.js'
import { SHOP } from '../support/shop.js'
import { useFiles } from './files.js'

const ONLINE_RETAIL = fileURLToPath(new URL('../../examples/online-retail.csv', import.meta.url))
const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID'

const file = useFiles()

async function read(name: string, rows: readonly string[]) {
  const path = await file(`${name}.csv`, [HEADER, ...rows, ''].join('\n'))
  return readSalesFile(path, SHOP.policy, [])
}

describe('a sales file', () => {
  test('becomes invoices and credit notes in file order, their lines together wherever they stand', async () => {
    const { sales, skippedRows } = await read('sales', [
      '536365,85123A,LANTERN,6,2010-12-01 08:26:00,2.55,17850',
      'C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527',
      '536366,71053,HOLDER,2.50,,3.3950,',
      '536365,71053,,6,2010-12-01 08:26:00,3.39,17850',
      '536365,71053,HOLDER,6,2010-12-01 08:26:00,3.39,17850',
    ])
    expect(sales).toEqual([
      {
        ref: '536365',
        type: 'invoice',
        date: '2010-12-01 08:26:00',
        customer: '17850',
        lines: [
          { id: 'row-2', sku: '85123A', name: 'LANTERN', quantity: '6', price: { minor: 255 }, taxes: [] },
          { id: 'row-6', sku: '71053', name: 'HOLDER', quantity: '6', price: { minor: 339 }, taxes: [] },
        ],
      },
      {
        ref: 'C536379',
        type: 'credit-note',
        date: '2010-12-01 09:41:00',
        customer: '14527',
        lines: [
          { id: 'row-3', sku: 'D', name: 'Discount', quantity: '1', price: { minor: 2750 }, taxes: [] },
        ],
      },
      {
        ref: '536366',
        type: 'invoice',
        date: undefined,
        customer: undefined,
        lines: [
          {
            id: 'row-4',
            sku: '71053',
            name: 'HOLDER',
            quantity: '2.5',
            price: { minor: 3395, per: 10 },
            taxes: [],
          },
        ],
      },
    ])
    expect(skippedRows).toEqual([{ row: 5, reason: 'it has no description' }])
  })

  test('every line bears the taxes given', async () => {
    const path = await file('taxed.csv', `${HEADER}\n1,A,Tea,1,,1.00,\n`)
    const { sales } = await readSalesFile(path, SHOP.policy, parseTaxSpec('VAT:20'))
    expect(sales[0]?.lines[0]?.taxes).toEqual([{ name: 'VAT', rate: '20' }])
  })

  const long = 'x'.repeat(501)
  test.each([
    [',A,Tea,1,,1.00,', 'it has no invoice number'],
    ['1,,Tea,1,,1.00,', 'it has no stock code'],
    ['1,A,,1,,1.00,', 'it has no description'],
    ['1,A,Tea,one,,1.00,', '"one" cannot be used as a quantity: write it in digits'],
    ['1,A,Tea,,,1.00,', '"" cannot be used as a quantity'],
    ['1,A,Tea,1,,"1,000.00",', '"1,000.00" cannot be used as a unit price'],
    ['1,A,Tea,1,,1e3,', '"1e3" cannot be used as a unit price'],
    ['1,A,Tea,1,,99999999999999999,', 'larger than this store can count exactly'],
    ['1,A,Tea,1,,0.00,', 'its price is zero'],
    ['1,A,Tea,1,,-11062.06,', 'its price is negative'],
    ['1,A,Tea,0,,1.00,', 'its quantity is zero'],
    ['1,A,Tea,-1,,1.00,', 'its quantity is negative, and it is no credit note'],
    ['C1,A,Tea,1,,1.00,', 'its quantity is positive, and it is a credit note'],
    ['1,A,Tea,10000000,,1.00,', 'has the quantity "10000000". Give a number above 0 and below 10,000,000'],
    ['1,A,Tea,9000000,,80000000000000.00,', 'more than can be counted exactly'],
    [`1,${'S'.repeat(81)},Tea,1,,1.00,`, 'at /sku: must NOT have more than 80 characters'],
    [`1,A,${long},1,,1.00,`, 'at /name: must NOT have more than 500 characters'],
    [`${long},A,Tea,1,,1.00,`, 'its invoice number has more than 500 characters'],
    [`1,A,Tea,1,${long},1.00,`, 'its date has more than 500 characters'],
    [`1,A,Tea,1,,1.00,${'c'.repeat(81)}`, 'its customer has more than 80 characters'],
  ])('R1 the row %s is not sold, with its reason, and its neighbours are', async (row, reason) => {
    const { sales, skippedRows } = await read('bad-row', ['1,B,Salt,1,,1.00,', row, '2,B,Salt,1,,1.00,'])
    expect(skippedRows).toEqual([{ row: 3, reason: expect.stringContaining(reason) as string }])
    expect(sales.map(({ ref, lines }) => [ref, lines.length])).toEqual([
      ['1', 1],
      ['2', 1],
    ])
  })

  test('R1 an invoice whose sum cannot be counted is not sold as a whole, each of its rows with the reason', async () => {
    const { sales, skippedRows } = await read('sum', [
      '1,A,Gold,9,,9000000000000.00,',
      '2,B,Salt,1,,1.00,',
      '1,A,Gold,9,,9000000000000.00,',
    ])
    expect(sales.map(({ ref }) => ref)).toEqual(['2'])
    expect(skippedRows.map(({ row }) => row)).toEqual([2, 4])
    for (const { reason } of skippedRows)
      expect(reason).toMatch(/^1 cannot be sold: .* more than can be counted exactly/)
  })

  test.each([
    [
      'without two columns',
      'InvoiceNo,StockCode,Quantity,UnitPrice,Desc\n',
      /lacks the column Description\. It has InvoiceNo, StockCode, Quantity, UnitPrice, Desc\./,
    ],
    [
      'of another kind, without rows',
      'sku,name\n',
      /lacks the columns InvoiceNo, StockCode, Description, Quantity, UnitPrice\. It has sku, name\./,
    ],
    ['that is empty', '', /lacks the columns .* It has none\./],
  ])('R1 a file %s is refused', async (name, content, message) => {
    const path = await file(`${name}.csv`, content)
    await expect(readSalesFile(path, SHOP.policy, [])).rejects.toMatchObject({ code: 'missing-columns' })
    await expect(readSalesFile(path, SHOP.policy, [])).rejects.toThrow(message)
  })

  test('of the example, every row is sold or has a reason', async () => {
    const { sales, skippedRows } = await readSalesFile(ONLINE_RETAIL, { ...SHOP.policy, payableStep: 1 }, [])
    const lines = sales.reduce((sum, sale) => sum + sale.lines.length, 0)
    expect(lines + skippedRows.length).toBe(10_144)
    expect(new Set(skippedRows.map(({ reason }) => reason))).toEqual(new Set(['its price is zero']))
  })
})
