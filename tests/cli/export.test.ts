import { fileURLToPath } from 'node:url'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExportedInvoice } from '../../src/docs/generated/types.js'
import { useProcesses } from '../support/processes.js'
import { tea, World } from '../support/world.js'
import { jsonHere, runHere } from './run-here.js'

const ONLINE_RETAIL = fileURLToPath(new URL('../../examples/online-retail.csv', import.meta.url))
/** Invoices and credit notes replayed: enough that an export does not fit into a pipe. */
const SALES = 60

interface Exported {
  readonly invoices: readonly ExportedInvoice[]
}
type Row = Readonly<Record<string, string>>

const processes = useProcesses('all')
let world: World
/** A till that has replayed sales and synced, and its relay’s directory. */
let till: string
let relayData: string

beforeAll(async () => {
  world = await World.make()
  const relay = await world.relay()
  till = await world.paired(relay, 'T1')
  await jsonHere(['terminal', 'sync', '--data', till])
  await jsonHere([
    'terminal',
    'replay',
    '--data',
    till,
    '--sales',
    ONLINE_RETAIL,
    '--limit',
    `${SALES}`,
    '--tax',
    'VAT:20',
  ])
  await jsonHere(['terminal', 'sync', '--data', till])
  await world.stopRelay(relay)
  relayData = relay.directory
})
afterAll(() => world.end())

const exported = (data: string, ...more: string[]): Promise<Exported> =>
  jsonHere<Exported>(['export', '--data', data, '--format', 'json', ...more])

async function csvOf(data: string): Promise<Row[]> {
  const { code, stdout, stderr } = await runHere(['export', '--data', data, '--format', 'csv'])
  expect([code, stderr]).toEqual([0, ''])
  return parse(stdout, { columns: true, relax_column_count: false })
}

const minor = (amount = ''): number => Math.round(Number(amount) * 100)

describe('export', () => {
  test('as CSV parses back, for a terminal and a relay alike: same invoices, same lines, same totals', async () => {
    for (const data of [till, relayData]) {
      const { invoices } = await exported(data)
      expect(invoices).toHaveLength(SALES)
      expect(invoices.some(({ type }) => type === 'credit-note')).toBe(true)
      const rows = await csvOf(data)
      expect(rows).toHaveLength(invoices.reduce((sum, { lines }) => sum + lines.length, 0))
      for (const invoice of invoices) {
        const own = rows.filter((row) => row['number'] === invoice.number)
        expect(own.map(({ line }) => Number(line))).toEqual(invoice.lines.map((_, index) => index + 1))
        expect(own.map(({ sku, name, quantity }) => [sku, name, quantity])).toEqual(
          invoice.lines.map(({ sku, name, quantity }) => [sku, name, quantity]),
        )
        const sum = (column: string): number => own.reduce((total, row) => total + minor(row[column]), 0)
        expect(sum('lineTotal')).toBe(invoice.totals.total)
        expect(sum('tax')).toBe(invoice.totals.tax)
        expect(sum('taxable')).toBe(invoice.totals.taxable)
        for (const row of own)
          expect([minor(row['invoiceTotal']), row['currency'], row['custody'], row['externalRef']]).toEqual([
            invoice.total.minor,
            'INR',
            'receipted',
            invoice.externalRef,
          ])
      }
    }
    expect((await exported(relayData)).invoices).toEqual((await exported(till)).invoices)
  })

  test('takes business days, both included', async () => {
    const [{ day = '' } = {}] = (await exported(till)).invoices
    const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
    for (const data of [till, relayData]) {
      expect((await exported(data, '--from', day, '--to', day)).invoices).toHaveLength(SALES)
      expect((await exported(data, '--from', next)).invoices).toEqual([])
      expect((await exported(data, '--from', '2010-12-01', '--to', '2010-12-31')).invoices).toEqual([])
    }
  })

  test('R1 the process behind it refuses days that are none as well', async () => {
    const served = await processes.serve([
      'terminal',
      'serve',
      '--data',
      till,
      '--port',
      '0',
      '--mode',
      'disconnected',
    ])
    for (const query of [
      'from=2026-02-31',
      'to=2026-2-1',
      'from=2026-02-02&to=2026-02-01',
      'from=2026-01-01&from=2026-01-02',
    ]) {
      const response = await fetch(`${served.url}/v1/export?format=json&${query}`)
      expect([query, response.status]).toEqual([query, 400])
    }
    await served.stop()
  })

  test('R1 a text that a spreadsheet would take for a formula is only a text there', async () => {
    const relay = await world.relay({ name: 'other-relay' })
    const agent = await world.terminal(relay, 'F1', { mode: 'disconnected' })
    const evil = [
      '=HYPERLINK("http://x";"y")',
      '+1+1',
      '-1+1',
      '@SUM(A1)',
      '\t=1',
      '\r=1',
      '\n=1',
      '＝1',
      'a,b',
      'a"b',
      'a\r\nb',
      'plain',
    ]
    for (const text of evil) {
      const { lines, tenders } = tea()
      const line = { ...lines[0]!, sku: text, name: text }
      await agent.till.sell({ by: text, lines: [line], tenders, externalRef: text, customer: { name: text } })
    }
    const [sold] = (await agent.lookup.recent(1)).map(({ number }) => number)
    await agent.till.credit({
      by: 'Asha',
      lines: [{ ...tea().lines[0]!, sku: 'plain', name: 'plain' }],
      tenders: tea().tenders,
      corrects: { number: sold ?? '' },
    })
    await world.stop(agent)
    const rows = await csvOf(world.path('F1'))
    const texts = ['by', 'externalRef', 'customer', 'sku', 'name']
    for (const [index, text] of evil.entries()) {
      const shown = /^[=+\-@\t\r\n＝]/.test(text) ? `'${text}` : text
      expect(texts.map((column) => rows[index]?.[column])).toEqual(texts.map(() => shown))
    }
    // A number is a number: a minus in front of it makes no formula.
    expect(rows.at(-1)).toMatchObject({ type: 'credit-note', quantity: '-1', lineTotal: '-100.00' })
    await world.stopRelay(relay)
  })

  test('EPIPE: whoever reads only the beginning gets it, and the command ends with 0 and without a word', async () => {
    for (const args of [
      ['export', '--data', till, '--format', 'json'],
      ['history', '--data', relayData, '--json'],
    ]) {
      const { process, ended } = processes.start(args)
      process.stdout?.once('data', () => process.stdout?.destroy())
      const { code, signal, stdout, stderr } = await ended
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
      expect(stdout).toMatch(/^\{"(invoices|history)":\[\n\{/)
    }
    // What was open is intact and free.
    expect((await exported(till)).invoices).toHaveLength(SALES)
  })
})
