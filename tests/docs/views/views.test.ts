import { describe, expect, test } from 'vitest'
import { isSale, type SealedRecord } from '../../../src/docs/record.js'
import { dsfinvk } from '../../../src/docs/views/dsfinvk.js'
import { gstr1 } from '../../../src/docs/views/gstr1.js'
import { saft } from '../../../src/docs/views/saft.js'
import type { About, View } from '../../../src/docs/views/view.js'
import { aDay } from './day.js'

const records = aDay()
const ABOUT: About = {
  organisation: 'org_00000000000000000000',
  shops: [],
  from: null,
  to: null,
  at: '2026-11-24T18:00:00.000Z',
}

function filesOf(view: View, of: readonly SealedRecord[] = records): Map<string, string> {
  return new Map([...view(of, ABOUT)].map(({ name, lines }) => [name, [...lines].join('')]))
}

/** Rows without their header; cells here hold no delimiter but where they are quoted. */
function rowsOf(text: string | undefined, delimiter = ','): string[][] {
  const cells = new RegExp(`("(?:[^"]|"")*"|[^${delimiter}]*)${delimiter}`, 'g')
  return (text ?? '')
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((line) => [...`${line}${delimiter}`.matchAll(cells)].map(([, cell = '']) => cell))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const sales = records.flatMap(({ body }) => (isSale(body) ? [body] : []))
const minor = (text = ''): number => Math.round(Number(text.replace(',', '.')) * 100)

describe('GSTR-1', () => {
  const files = filesOf(gstr1)

  test('table 13 names from, to and how many of each series', () => {
    expect(rowsOf(files.get('gstr1-documents.csv'))).toEqual([
      ['Invoices for outward supply', 'T01A/2627/000001', 'T01A/2627/000003', '3', '0', '3'],
      ['Credit Note', 'T01A/2627/C00001', 'T01A/2627/C00001', '1', '0', '1'],
    ])
  })

  test('table 12 sums what the lines say, registered recipients apart, by HSN, unit and rate', () => {
    const [b2b, b2c] = ['gstr1-hsn-b2b.csv', 'gstr1-hsn-b2c.csv'].map((name) => rowsOf(files.get(name)))
    for (const [rows, own] of [
      [b2b, sales.filter(({ customer }) => customer?.taxId)],
      [b2c, sales.filter(({ customer }) => !customer?.taxId)],
    ] as const) {
      expect(sum((rows ?? []).map((row) => minor(row[6])))).toBe(sum(own.map(({ totals }) => totals.taxable)))
      const taxes = (rows ?? []).flatMap((row) => row.slice(7).map(minor))
      expect(sum(taxes)).toBe(sum(own.map(({ totals }) => totals.tax)))
    }
    expect(b2b?.find(([hsn]) => hsn === '0902')).toEqual([
      '0902',
      '',
      'KGS-KILOGRAMS',
      '1.5',
      '177.00',
      '18',
      '150.00',
      '0.00',
      '13.50',
      '13.50',
      '0.00',
    ])
    // One bag sold here and one later, one taken back.
    expect(
      b2c?.find(([hsn, , uqc, , , rate]) => hsn === '' && uqc === 'NOS-NUMBERS' && rate === '0')?.[3],
    ).toBe('1')
  })
})

describe('SAF-T', () => {
  const xml = filesOf(saft).get('saft.xml') ?? ''
  const all = (name: string): string[] =>
    [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text)

  test('names every sale once, with hash and signature, and totals that are the sums', () => {
    expect(all('InvoiceNo')).toEqual(sales.map(({ number }) => number))
    expect(all('NumberOfEntries')).toEqual([String(sales.length)])
    const [invoices, notes] = ['invoice', 'credit-note'].map((type) =>
      sales.filter((sale) => sale.type === type),
    )
    expect(minor(all('TotalCredit')[0])).toBe(sum((invoices ?? []).map(({ totals }) => totals.taxable)))
    expect(minor(all('TotalDebit')[0])).toBe(-sum((notes ?? []).map(({ totals }) => totals.taxable)))
    expect(all('Hash')).toEqual(records.filter(({ body }) => isSale(body)).map(({ hash }) => hash))
    expect(all('Reference')).toEqual(['paper 7'])
  })

  test('is well-formed whatever a product is called, and says that nobody certified it', () => {
    expect(all('ProductDescription')).toContain('Tea &lt;b&gt;&amp;&quot;strong&quot;&lt;/b&gt;')
    const open: string[] = []
    for (const [, slash, name = '', self] of xml.matchAll(/<(\/?)([A-Za-z]+)[^>?]*?(\/?)>/g)) {
      if (self) continue
      if (slash) expect(open.pop()).toBe(name)
      else open.push(name)
    }
    expect(open).toEqual([])
    expect(all('HeaderComment')[0]).toContain('Not certified')
  })
})

describe('DSFinV-K', () => {
  const files = filesOf(dsfinvk)
  const table = (name: string): string[][] => rowsOf(files.get(`dsfinvk/${name}`), ';')
  const receipts = (): string[][] => table('transactions.csv').filter((row) => row[5] === 'Beleg')

  test('holds what a day close covers and nothing of the open day', () => {
    expect(receipts().map((row) => row[3])).toEqual(sales.slice(0, 3).map(({ number }) => number))
    expect(table('cashpointclosing.csv')).toHaveLength(1)
  })

  test('its files agree with each other and with the close', () => {
    const close = records.flatMap(({ body }) => (body.type === 'day-close' ? [body] : []))[0]
    const column = (file: string, at: number): number => sum(table(file).map((row) => minor(row[at])))
    expect(sum(receipts().map((row) => minor(row[13])))).toBe(close?.totals.payable)
    expect(column('datapayment.csv', 7)).toBe(
      sum((close?.totals.tenders ?? []).map((tender) => tender.minor)),
    )
    expect(column('transactions_vat.csv', 7)).toBe(close?.totals.tax)
    expect(column('lines_vat.csv', 8)).toBe(close?.totals.tax)
    expect(column('businesscases.csv', 7)).toBe(close?.totals.tax)
  })

  test('what was practised is told as that, and is in no sum', () => {
    const others = table('transactions.csv').filter((row) => row[5] !== 'Beleg')
    expect(others.map((row) => [row[5], row[12], row[13]])).toEqual([['AVTraining', 'Ravi', '9,99']])
    const [id = ''] = others.map((row) => row[3])
    const naming = [...files].filter(([, text]) => text.includes(id)).map(([name]) => name)
    expect(naming).toEqual(['dsfinvk/transactions.csv', 'dsfinvk/transactions_tse.csv'])
  })

  test('every file has the columns its index names, and no formula', () => {
    const index = files.get('dsfinvk/index.xml') ?? ''
    const described = [...index.matchAll(/<URL>([^<]+)<\/URL>([\s\S]*?)<\/Table>/g)]
    expect(described.map(([, file]) => `dsfinvk/${file}`)).toEqual([...files.keys()].slice(1))
    for (const [, file = '', body = ''] of described) {
      const columns = [...body.matchAll(/<VariableColumn><Name>([^<]+)</g)].map(([, name]) => name)
      const text = files.get(`dsfinvk/${file}`) ?? ''
      expect(text.slice(0, text.indexOf('\r\n')).split(';')).toEqual(columns)
      for (const row of table(file)) expect(row).toHaveLength(columns.length)
    }
    expect(table('lines.csv').map((row) => row[5])).toContain("'=SUM(A1)")
    expect(table('transactions_tse.csv').every((row) => row[6]?.includes('keine TSE'))).toBe(true)
  })
})

test.each([
  ['GSTR-1', gstr1],
  ['SAF-T', saft],
  ['DSFinV-K', dsfinvk],
] as const)('%s is the same bytes each time, and has its headers of no records at all', (_name, view) => {
  expect(filesOf(view)).toEqual(filesOf(view))
  for (const text of filesOf(view, []).values()) expect(text.length).toBeGreaterThan(20)
})
