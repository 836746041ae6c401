import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useProcesses } from '../support/processes.js'
import { World, type RunningRelay } from '../support/world.js'
import { jsonHere, runHere } from './run-here.js'

const CATALOGUE = 'sku,name,price,tax,received\nTEA,Tea,145.00,CGST:2.5+SGST:2.5,120\nSALT,Salt,24.00,,7\n'
const SALES = [
  'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID',
  '1,TEA,Tea,2,2010-12-01 08:26:00,145.00,17850',
  '2,SALT,Salt,3,2010-12-01 08:28:00,24.00,17850',
  'C3,TEA,Tea,-1,2010-12-01 08:30:00,145.00,17850',
  '4,SALT,Salt,1,2010-12-01 08:32:00,0.00,17850',
  '',
].join('\n')

const processes = useProcesses('all')
let world: World
let relay: RunningRelay

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  await writeFile(world.path('catalogue.csv'), CATALOGUE)
  await writeFile(world.path('sales.csv'), SALES)
})
afterAll(() => world.end())

/** Without what differs between two shops and two moments, and must: ids, hashes, times and names. */
function comparable(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'INSTANT')
    .replaceAll(/\b(term|shop|org|relay|bill)_[a-z0-9]+/g, '$1_ID')
    .replaceAll(/[A-Za-z0-9_-]{43,}/g, 'HASH')
    .replaceAll(/"(document|change|url)":"[^"]+"/g, '"$1":""')
    .replaceAll(/\b[LR]1(?=[A"/ ])/g, 'T1')
    .replaceAll(/\b(Left|Rite)\b/g, 'Main')
    .replaceAll(/"bytes":\d+/g, '"bytes":0')
  const parsed = JSON.parse(text) as { history?: unknown[] }
  // Documents come in the order of their ids.
  return { ...parsed, history: parsed.history?.map((line) => JSON.stringify(line)).sort() }
}

describe('a command on a directory', () => {
  /** Everything a till is asked to do in a day. */
  const DAY: readonly (readonly string[])[] = [
    ['catalogue', 'import', '--file', 'catalogue.csv', '--while-disconnected', '--by', 'Asha'],
    ['terminal', 'replay', '--sales', 'sales.csv', '--by', 'Asha'],
    ['terminal', 'replay', '--sales', 'sales.csv', '--limit', '2', '--rate', '1000/s'],
    ['terminal', 'status'],
    ['history', 'TEA'],
    ['export', '--format', 'json'],
    ['terminal', 'sync', '--by', 'Asha'],
    ['terminal', 'mark-synced', '--by', 'Asha'],
    ['terminal', 'force', '--by', 'Asha', '--no-keep-catalogue'],
    ['terminal', 'online', '--by', 'Asha'],
  ]

  test('of a terminal gives the same with and without a process that runs over it, and one JSON document with --json', async () => {
    const alone = await world.paired(relay, 'L1', { role: 'manager', shop: 'Left' })
    const served = await world.paired(relay, 'R1', { role: 'manager', shop: 'Rite' })
    for (const data of [alone, served]) {
      await jsonHere(['terminal', 'sync', '--data', data])
      await jsonHere(['terminal', 'disconnect', '--data', data])
    }
    const till = await processes.serve(['terminal', 'serve', '--data', served, '--port', '0'])
    for (const [first = '', ...rest] of DAY) {
      const args = (data: string): string[] => [
        first,
        ...rest.map((arg) => (arg.endsWith('.csv') ? world.path(arg) : arg)),
        '--data',
        data,
      ]
      const [one, two] = [await jsonHere(args(alone)), await jsonHere(args(served))]
      expect(comparable(two), [first, ...rest].join(' ')).toEqual(comparable(one))
    }
    expect((await till.stop()).code).toBe(0)
  })

  test('of a relay gives the same with and without a process that runs over it, and one JSON document with --json', async () => {
    const data = await processes.directory()
    const over = (...args: string[]): string[] => [...args, '--data', data]
    const shop = over('relay', 'shop', '--shop', 'Main', '--currency', 'GBP', '--prices-include-tax')
    const pair = over('relay', 'pair', '--shop', 'Main', '--terminal', 'T1', '--role', 'manager')
    const reading = [over('relay', 'status'), over('history'), over('export', '--format', 'json')]

    // The directory is made by the first command that gives a relay something to do.
    const founded = await jsonHere<{ policy: { version: number; currency: string } }>(shop)
    expect(founded.policy).toMatchObject({ version: 1, currency: 'GBP', pricesIncludeTax: true })
    const pairing = await jsonHere<{ code: string; expiresAt: string }>(pair)
    expect(pairing).toMatchObject({ shop: 'Main', terminal: 'T1', role: 'manager' })
    const alone: unknown[] = []
    for (const args of reading) alone.push(await jsonHere(args))

    const relay = await processes.serve(over('relay', 'serve', '--port', '0'))
    expect(await jsonHere(shop)).toEqual(founded)
    const served: unknown[] = []
    for (const args of reading) served.push(await jsonHere(args))
    expect(served).toEqual(alone)
    expect(alone[1]).toMatchObject({
      history: expect.arrayContaining([expect.objectContaining({ did: 'found shop' })]) as unknown,
    })

    // A code that was made while nobody served is good once somebody does, and the next one replaces it.
    const next = await jsonHere<{ code: string }>(pair)
    expect({ ...next, code: '', expiresAt: '' }).toEqual({ ...pairing, code: '', expiresAt: '' })
    const terminal = (code: string) => [
      'terminal',
      'pair',
      '--data',
      world.path('P1'),
      '--relay',
      relay.url,
      '--code',
      code,
    ]
    expect(await runHere(terminal(pairing.code))).toMatchObject({ code: 4, stdout: '' })
    expect(await jsonHere(terminal(next.code))).toMatchObject({ terminal: { name: 'T1', role: 'manager' } })
    expect((await relay.stop()).code).toBe(0)
  })
})
