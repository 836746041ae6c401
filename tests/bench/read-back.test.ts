import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Contestant } from '../../bench/src/contestant.js'
import { digestOf } from '../../bench/src/digest.js'
import { invoicesOf, type InvoiceSpec } from '../../bench/src/invoices.js'
import { checkInvoices, ReadBackFailed } from '../../bench/src/read-back.js'
import { Results } from '../../bench/src/results.js'
import { runTrials } from '../../bench/src/runner.js'
import { syncTrial } from '../../bench/src/trials/sync.js'
import { PER_DAY } from '../../bench/src/trials/trial.js'

const SPEC: InvoiceSpec = { seed: 7, from: 0, count: 20, perDay: PER_DAY }

function entriesOf(spec: InvoiceSpec): [string, string][] {
  return [...invoicesOf(spec)].map((invoice) => [invoice.id, digestOf(invoice)])
}

describe('what was read back', () => {
  test('is taken in any order when it is what was made', () => {
    expect(() => checkInvoices([SPEC], { entries: entriesOf(SPEC).reverse() })).not.toThrow()
  })

  test('is refused when an invoice is lost, doubled, changed or nobody made it', () => {
    const entries = entriesOf(SPEC)
    const [first = ['', ''] as [string, string]] = entries
    for (const [back, message] of [
      [entries.slice(1), `1 of 20 invoices are lost: ${first[0]}`],
      [[...entries, first], '1 invoices came back twice'],
      [[[first[0], 'other'] as const, ...entries.slice(1)], '1 invoices came back with other content'],
      [[...entries, ['S9-1', 'x'] as const], '21 invoices came back, and 20 were made'],
    ] as const)
      expect(() => checkInvoices([SPEC], { entries: back })).toThrow(message)
  })

  test('may have a stamp of its own only where that was said', () => {
    const stamped = { entries: [...entriesOf(SPEC), ['S7-00000020', 'stamped later'] as const] }
    expect(() => checkInvoices([SPEC], stamped, ['S7-00000020'])).not.toThrow()
    expect(() => checkInvoices([SPEC], { entries: entriesOf(SPEC) }, ['S7-00000020'])).toThrow(ReadBackFailed)
  })
})

describe('a contestant', () => {
  let scratch: string
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'counterfoil-test-'))
    const file = join(scratch, 'made.json')
    await writeFile(file, JSON.stringify(entriesOf(SPEC)))
    process.env['COUNTERFOIL_BENCH_DOUBLE'] = file
  })
  afterAll(async () => {
    delete process.env['COUNTERFOIL_BENCH_DOUBLE']
    await rm(scratch, { recursive: true, force: true })
  })

  function double(behaviour: 'keeps' | 'loses'): Contestant {
    const path = (name: string): string => fileURLToPath(new URL(`doubles/${name}`, import.meta.url))
    return {
      name: behaviour,
      title: `a double that ${behaviour}`,
      notes: [],
      versions: {},
      server: { argv: ({ dir }) => [path('server.mjs'), dir, behaviour] },
      terminal: path('terminal.mjs'),
      takes: { sync: {} },
    }
  }

  test('that loses an invoice has no figure, and one that keeps all beside it has', async () => {
    const results = new Results()
    const trial = syncTrial({ n: SPEC.count, whole: true, runs: 2 })
    const said: string[] = []
    await runTrials([trial], [double('keeps'), double('loses')], {
      scratch,
      seed: 7,
      results,
      signal: new AbortController().signal,
      say: (text) => said.push(text),
      secondsLeft: () => Infinity,
    })
    expect(results.failures).toHaveLength(1)
    expect(results.failures[0]).toMatchObject({ contestant: 'loses' })
    expect(results.failures[0]?.message).toContain('1 of 20 invoices are lost: S7-00000000')
    const ids = results.rows().map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['M2.20', 'M4.20.terminal', 'M4.20.server']))
    for (const id of ids) expect(results.samples(id, 'loses')).toEqual([])
    expect(results.samples('M2.20', 'keeps')).toHaveLength(2)
    // It is not asked again.
    expect(said.filter((text) => text.includes('loses, run'))).toHaveLength(1)
    expect([20, 21].map((size) => results.failedAtLess('loses', { ...trial, size }))).toEqual([false, true])
    expect(results.failedAtLess('keeps', { ...trial, size: 21 })).toBe(false)
  })
})
