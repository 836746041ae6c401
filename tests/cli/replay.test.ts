import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ReplaySummary } from '../../src/cli/replay.js'
import { useProcesses } from '../support/processes.js'
import { World, type RunningRelay } from '../support/world.js'
import { contentsOf, useFiles } from './files.js'
import { jsonHere, runHere, type EndedHere } from './run-here.js'

const ONLINE_RETAIL = fileURLToPath(new URL('../../examples/online-retail.csv', import.meta.url))
const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID'

const processes = useProcesses('all')
const file = useFiles()
let world: World
let relay: RunningRelay
let terminals = 0

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterAll(() => world.end())

/** The directory of a till that knows its shop and has sold nothing. */
async function newTill(): Promise<string> {
  terminals += 1
  const data = await world.paired(relay, `T${terminals}`)
  await jsonHere(['terminal', 'sync', '--data', data])
  return data
}

const replaying = (data: string, path: string, ...more: string[]): Promise<EndedHere> =>
  runHere(['terminal', 'replay', '--data', data, '--sales', path, ...more])

async function refsOf(data: string): Promise<string[]> {
  const { invoices } = await jsonHere<{ invoices: { externalRef: string }[] }>([
    'export',
    '--data',
    data,
    '--format',
    'json',
  ])
  return invoices.map(({ externalRef }) => externalRef)
}

describe('terminal replay', () => {
  test('seals what can be sold, names every row that cannot with its reason, and seals nothing twice', async () => {
    const data = await newTill()
    const path = await file(
      'mixed.csv',
      [
        HEADER,
        '1,TEA,Tea,2,2010-12-01 08:26:00,145.00,17850',
        '2,TEA,Tea,1,2010-12-01 08:27:00,0.00,17850',
        '',
        '3,TEA,Tea,10000000,2010-12-01 08:28:00,145.00,17850',
        '4,SALT,Salt,1,2010-12-01 08:29:00,24.00,17850',
        'C5,TEA,Tea,-1,2010-12-01 08:30:00,145.00,17850',
        'C6,TEA,Tea,-1,2010-12-01 08:30:00,145.00,1',
        '',
      ].join('\n'),
    )
    const first = await replaying(data, path, '--by', 'Asha')
    expect(first.code).toBe(0)
    expect(first.stdout.split('\n')).toEqual([
      'Sealed 2 invoices and 2 credit notes; 0 had been sealed before. Net total 24.00 INR.',
      'Row 3 was not sold: its price is zero',
      expect.stringMatching(/^Row 5 was not sold: .*10000000.*below 10,000,000/),
      '',
    ])
    expect(await refsOf(data)).toEqual(['1', '4', 'C5', 'C6'])
    const again = await jsonHere<ReplaySummary>(['terminal', 'replay', '--data', data, '--sales', path])
    expect(again).toMatchObject({
      sealed: 0,
      creditNotes: 0,
      sealedBefore: 4,
      correctingOutside: 0,
      skippedRows: [{ row: 3 }, { row: 5 }],
      total: { minor: 2_400, currency: 'INR' },
      interrupted: false,
    })
    expect(await refsOf(data)).toHaveLength(4)

    // The same file with another tax comes to other sums: that is said, and nothing is sealed.
    const taxed = await replaying(data, path, '--tax', 'VAT:20')
    expect(taxed).toMatchObject({ code: 1, stdout: '' })
    expect(taxed.stderr).toMatch(
      /1 comes to 34800 minor units in the file and was sealed as .* with 29000\. Was it replayed under another policy or with another --tax\?/,
    )
    expect(await refsOf(data)).toHaveLength(4)
  })

  test('R1 of a file that cannot be read as a whole seals nothing of it', async () => {
    const data = await newTill()
    const before = await contentsOf(`${data}/documents`)
    const good = '1,TEA,Tea,2,2010-12-01 08:26:00,145.00,17850\n'
    for (const [name, content, code, message] of [
      [
        'unclosed',
        `${HEADER}\n${good}2,TEA,"Tea,1,,1.00,\n`,
        5,
        'row 3 has an opening quote that nothing closes. Nothing of it was used.',
      ],
      [
        'too-long',
        `${HEADER}\n${good}2,TEA,Tea,1,,1.00,1,extra\n`,
        5,
        'row 3 has 8 cells, and the header has 7',
      ],
      ['too-short', `${HEADER}\n${good}2,TEA\n`, 5, 'row 3 has 2 cells, and the header has 7'],
      [
        'columns',
        `sku,name,price\nTEA,Tea,1.00\n`,
        5,
        'lacks the columns InvoiceNo, StockCode, Description, Quantity, UnitPrice. It has sku, name, price.',
      ],
      ['empty', '', 5, 'lacks the columns'],
      [
        'latin1',
        Buffer.from(`${HEADER}\n${good}2,TEA,Caf\u00e9,1,,1.00,\n`, 'latin1'),
        5,
        'is not UTF-8 text',
      ],
    ] as const) {
      const refused = await replaying(data, await file(`${name}.csv`, content))
      expect(refused, name).toMatchObject({ code, stdout: '' })
      expect(refused.stderr, name).toContain(message)
    }
    expect(await replaying(data, `${data}/nowhere.csv`)).toEqual({
      code: 3,
      stdout: '',
      stderr: `counterfoil: There is no file ${data}/nowhere.csv.\n`,
    })
    expect(await contentsOf(`${data}/documents`)).toEqual(before)
  })

  test('R1 on a till that does not know its shop yet says what helps', async () => {
    const data = await world.paired(relay, 'X1')
    const refused = await replaying(data, ONLINE_RETAIL)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/sync/i)
  })

  test('S2 interrupted with Ctrl+C it tells what it sealed, and goes on where it was', async () => {
    const data = await newTill()
    const args = ['terminal', 'replay', '--data', data, '--sales', ONLINE_RETAIL, '--limit', '20']
    const { process, stderr, ended } = processes.start([...args, '--rate', '4/s', '--json'])
    await new Promise<void>((resolve) =>
      process.stderr?.on('data', () => stderr().includes('sealed: 2 of 20') && resolve()),
    )
    process.kill('SIGINT')
    const interrupted = await ended
    expect(interrupted.code).toBe(1)
    expect(interrupted.stderr).toContain('Interrupted. Run it again to go on; nothing is sealed twice.\n')
    const part = JSON.parse(interrupted.stdout) as ReplaySummary
    expect(part.interrupted).toBe(true)
    const done = part.sealed + part.creditNotes
    expect(done).toBeGreaterThanOrEqual(2)
    expect(done).toBeLessThan(20)

    const rest = await processes.tryRun([...args, '--json'])
    expect(rest.code).toBe(0)
    const summary = JSON.parse(rest.stdout) as ReplaySummary
    expect(summary).toMatchObject({ sealedBefore: done, interrupted: false })
    expect(summary.sealed + summary.creditNotes).toBe(20 - done)
    const refs = await refsOf(data)
    expect(refs).toHaveLength(20)
    expect(new Set(refs).size).toBe(20)
    // In a pipe, progress is plain lines: one a tenth.
    expect(rest.stderr).toMatch(/^(sealed: \d+ of 20\n)+$/)
    expect(rest.stderr).toContain('sealed: 20 of 20\n')
    expect(rest.stderr.split('\n').length).toBeLessThanOrEqual(12)
  })

  test('a message nobody reads does not end the work', async () => {
    const data = await newTill()
    const args = ['terminal', 'replay', '--data', data, '--sales', ONLINE_RETAIL, '--limit', '8', '--json']
    const { process, ended } = processes.start(args)
    process.stderr?.destroy()
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as ReplaySummary).sealed).toBe(8)
  })
})
