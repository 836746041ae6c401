import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Agent } from '../../src/terminal/agent.js'
import { useProcesses } from '../support/processes.js'
import { World, type RunningRelay } from '../support/world.js'
import { contentsOf, useFiles } from './files.js'
import { jsonHere, runHere, type EndedHere } from './run-here.js'

const GOOD = 'sku,name,price\nTEA,Tea,145.00\n'

const processes = useProcesses('all')
const file = useFiles()
let world: World
let relay: RunningRelay
/** A manager's terminal that knows its shop. */
let manager: string

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  manager = await synced('M1', 'manager')
})
afterAll(() => world.end())

async function synced(name: string, role: 'till' | 'manager'): Promise<string> {
  const data = await world.paired(relay, name, { role })
  await jsonHere(['terminal', 'sync', '--data', data])
  return data
}

const importing = (data: string, path: string, ...more: string[]): Promise<EndedHere> =>
  runHere(['catalogue', 'import', '--data', data, '--file', path, ...more])

async function skus(data: string): Promise<string[]> {
  const agent: Agent = await world.agent(data)
  const found: string[] = []
  for await (const { sku } of agent.catalogue.all()) found.push(sku)
  await world.stop(agent)
  return found.sort()
}

describe('catalogue import', () => {
  test('A2 on a terminal that is no manager’s ends with 4, says how a manager is made, and imports nothing', async () => {
    const till = await synced('T1', 'till')
    const refused = await importing(till, await file('good.csv', GOOD))
    expect(refused).toEqual({
      code: 4,
      stdout: '',
      stderr: 'counterfoil: The catalogue is edited from a terminal that was paired with --role manager.\n',
    })
    expect(await skus(till)).toEqual([])
  })

  test('in disconnected mode ends with 4 and names both ways out; either works', async () => {
    const other = await synced('M2', 'manager')
    const path = await file('good.csv', GOOD)
    await jsonHere(['terminal', 'disconnect', '--data', other])
    const refused = await importing(other, path)
    expect(refused).toMatchObject({ code: 4, stdout: '' })
    expect(refused.stderr).toContain('Work as online client first; or say that you edit while disconnected')
    expect(await skus(other)).toEqual([])
    expect(await importing(other, path, '--while-disconnected')).toMatchObject({
      code: 0,
      stdout: '1 items read, 1 changed.\n',
    })
    await jsonHere(['terminal', 'online', '--data', other])
    expect(await importing(other, path)).toMatchObject({ code: 0, stdout: '1 items read, 0 changed.\n' })
  })

  test.each([
    [
      'a price that is none',
      'sku,name,price\nA,Tea,145.00\nB,Salt,1.0O\n',
      'Nothing was imported. row 3: "1.0O" cannot be used as a price',
    ],
    [
      'a tax that is none',
      'sku,name,price,tax\nA,Tea,145.00,\nB,Salt,1.00,VAT\n',
      'Nothing was imported. row 3: The tax "VAT" cannot be used',
    ],
    [
      'an item twice',
      'sku,name,price\nA,Tea,145.00\nA,Tea,150.00\n',
      'Nothing was imported. row 3: "A" stands in the file twice',
    ],
    [
      'a new item without a price',
      'sku,name,price\nA,Tea,145.00\nB,Salt,\n',
      '"B" is a new item: it needs a name and a price.',
    ],
    [
      'a quote that nothing closes',
      'sku,name,price\nA,Tea,145.00\nB,"Salt,1.00\n',
      'row 3 has an opening quote that nothing closes. Nothing of it was used.',
    ],
    [
      'letters that are not UTF-8',
      Buffer.from('sku,name,price\nA,Caf\u00e9,1.00\n', 'latin1'),
      'is not UTF-8 text',
    ],
    ['no prices at all', 'sku,name\nA,Tea\n', 'lacks the column price'],
  ])('R1 of a file with %s ends with 5, and nothing of it is imported', async (name, content, message) => {
    const before = await contentsOf(`${manager}/documents`)
    const refused = await importing(manager, await file(`${name}.csv`, content))
    expect(refused).toMatchObject({ code: 5, stdout: '' })
    expect(refused.stderr).toContain(message)
    expect(await contentsOf(`${manager}/documents`)).toEqual(before)
  })

  test('R1 of a file that takes several requests is whole or nothing too', async () => {
    const rows = Array.from({ length: 2_100 }, (_, index) => `S${index},Item ${index},1.00\n`).join('')
    const before = await contentsOf(`${manager}/documents`)
    const path = await file('many.csv', `sku,name,price\n${rows}LAST,,1.00\n`)
    expect(await importing(manager, path)).toEqual({
      code: 5,
      stdout: '',
      stderr: 'counterfoil: Nothing was imported. "LAST" is a new item: it needs a name and a price.\n',
    })
    expect(await contentsOf(`${manager}/documents`)).toEqual(before)
  })

  test('tells in a pipe how far it is, a line a tenth, on stderr', async () => {
    const data = await synced('M3', 'manager')
    const rows = Array.from({ length: 2_050 }, (_, index) => `S${index},Item ${index},1.00\n`).join('')
    const path = await file('progress.csv', `sku,name,price\n${rows}`)
    const ended = await processes.tryRun(['catalogue', 'import', '--data', data, '--file', path])
    expect(ended).toMatchObject({ code: 0, stdout: '2050 items read, 2050 changed.\n' })
    const lines = ended.stderr.trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(12)
    for (const line of lines) expect(line).toMatch(/^items: \d+ of 2050$/)
    expect(lines.at(-1)).toBe('items: 2050 of 2050')
  })

  test('R1 of a file that is not there, or is a folder: the process ends with a message, not with a stack', async () => {
    const [missing, folder] = await Promise.all(
      [`${manager}/nowhere.csv`, manager].map((path) =>
        processes.tryRun(['catalogue', 'import', '--data', manager, '--file', path]),
      ),
    )
    expect(missing).toMatchObject({
      code: 3,
      stdout: '',
      stderr: `counterfoil: There is no file ${manager}/nowhere.csv.\n`,
    })
    expect(folder).toMatchObject({
      code: 5,
      stdout: '',
      stderr: `counterfoil: ${manager} is a folder, not a file.\n`,
    })
  })
})

describe('what is asked of an item that is not there', () => {
  test('R1 history and the API say so: 3 and 404', async () => {
    const history = await runHere(['history', 'NOPE', '--data', manager])
    expect(history).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'counterfoil: Nothing is known here of "NOPE": it is no invoice number, no SKU and no id of a document, bill, image, terminal or shop. Say with kind what it is, where that is not clear.\n',
    })
    const till = await processes.serve(['terminal', 'serve', '--data', manager, '--port', '0'])
    const response = await fetch(`${till.url}/v1/items/NOPE`)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      type: 'counterfoil:unknown-sku',
      detail: 'There is no item "NOPE" in the catalogue. Check the SKU, or import the item.',
    })
    const bill = (await (
      await fetch(`${till.url}/v1/bills`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
    ).json()) as { id: string }
    const added = await fetch(`${till.url}/v1/bills/${bill.id}/lines`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"sku":"NOPE"}',
    })
    expect(added.status).toBe(404)
    const invoice = await fetch(`${till.url}/v1/invoices?number=T01A/2627/000001`)
    expect(invoice.status).toBe(404)
    await till.stop()
  })
})
