import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExceptionsResponse, FleetDetail } from '../../../src/docs/generated/types.js'
import type { Agent } from '../../../src/terminal/agent.js'
import { relayNumbers, tea, World, type RunningRelay } from '../../support/world.js'
import { Browser } from '../browser.js'

/** Would run in a page that took a name for markup. */
const MARKUP = '<img src=x onerror=alert(1)>'

/** Nothing is exchanged but when the test says so. */
const APART = { whileDisconnected: true }

let world: World
let relay: RunningRelay
let manager: Agent
let till: Agent
let olga: Browser
let mira: Browser

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  manager = await world.terminal(relay, 'M01', { role: 'manager', mode: 'disconnected' })
  till = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  await world.terminal(relay, 'X01', { shop: 'Branch', mode: 'disconnected' })
  await Browser.add(relay, 'Olga', 'operator')
  await Browser.add(relay, 'Mira', 'manager', 'Branch')
  olga = await Browser.signedIn(relay, 'Olga')
  mira = await Browser.signedIn(relay, 'Mira')
})
afterAll(() => world.end())

async function exceptions(who = olga): Promise<ExceptionsResponse> {
  return (await who.get('/v1/admin/exceptions')).body as unknown as ExceptionsResponse
}

const main = async (who = olga) => (await exceptions(who)).shops.find(({ name }) => name === 'Main')

/** Sets what came in of tea, in all. */
async function receive(quantity: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  await manager.link.use((session) => session.receiveStock([{ sku: 'TEA', quantity }], signal))
}

describe('exceptions', () => {
  test('are none in a shop where nothing happened', async () => {
    expect(await exceptions()).toMatchObject({
      shops: [
        { name: 'Main', oversold: [], oversoldMore: 0, conflicts: [], conflictsMore: 0 },
        { name: 'Branch', oversold: [], conflicts: [] },
      ],
      refused: [],
      quarantined: [],
    })
  })

  test('name an item of which more was sold than came in, and who sold how many', async () => {
    await manager.catalogue.edit(
      'Asha',
      'import',
      [{ sku: 'TEA', name: MARKUP, price: { minor: 10_000 } }],
      APART,
    )
    // Of what nobody counts there is never too little.
    await till.till.sell(tea('1'))
    await till.sync()
    expect((await main())?.oversold).toEqual([])
    await receive('5')
    await till.till.sell(tea('4'))
    await till.sync()
    expect((await main())?.oversold).toEqual([])
    await manager.till.sell(tea('2'))
    await manager.sync()
    expect((await main())?.oversold).toEqual([
      {
        sku: 'TEA',
        name: MARKUP,
        received: '5',
        sold: '7',
        onHand: '-2',
        soldBy: [
          { code: 'T01', terminal: 'T01', quantity: '5' },
          { code: 'M01', terminal: 'M01', quantity: '2' },
        ],
      },
    ])
    const one = await olga.get(`/v1/admin/fleet/${manager.identity.terminal}`)
    expect((one.body as unknown as FleetDetail).oversold).toMatchObject([{ sku: 'TEA', onHand: '-2' }])
    // What came in late was only late to be entered.
    await receive('7')
    expect((await main())?.oversold).toEqual([])
    await receive('6')
    expect((await main())?.oversold).toMatchObject([{ onHand: '-1' }])
  })

  test('name a field that two managers gave two values, with who wrote which, until it is settled', async () => {
    const second = await world.terminal(relay, 'M02', { role: 'manager', mode: 'disconnected' })
    await manager.sync()
    await second.sync()
    const price = (minor: number) => [{ sku: 'TEA', price: { minor } }]
    await Promise.all([
      manager.catalogue.edit('Asha', 'dearer', price(12_000), APART),
      second.catalogue.edit('Ravi', 'cheaper', price(9_000), APART),
    ])
    await manager.sync()
    await second.sync()
    const conflict = (await main())?.conflicts[0]
    expect(conflict).toMatchObject({ sku: 'TEA', name: MARKUP, field: 'price' })
    const by = (conflict?.values ?? []).map(({ value, by: person, terminal }) => [value, person, terminal])
    expect(by.toSorted()).toEqual([
      ['12000', 'Asha', 'M01'],
      ['9000', 'Ravi', 'M02'],
    ])
    expect(conflict?.values.filter(({ winner }) => winner)).toHaveLength(1)
    await manager.sync()
    await manager.catalogue.edit('Asha', 'settle', price(12_000), APART)
    await manager.sync()
    expect((await main())?.conflicts).toEqual([])
  })

  test('A3 list what was refused until it is accepted, and A2 not to a manager, who sees one shop', async () => {
    const note = { kind: 'change-refused', code: 'change-schema', reason: 'bad' } as const
    await relay.relay.incidents.note({ ...note, terminal: till.identity.terminal })
    const { refused = [] } = await exceptions()
    expect(refused).toMatchObject([{ code: 'change-schema' }])
    const seen = await exceptions(mira)
    expect(seen).not.toHaveProperty('refused')
    expect(seen.shops.map(({ name }) => name)).toEqual(['Branch'])
    const accepted = { serial: refused[0]?.serial, reason: 'looked at' }
    await olga.send('POST', '/v1/admin/incidents/accept', accepted)
    expect((await exceptions()).refused).toEqual([])
  })

  test('D2 name a document of which damaged bytes were set aside, and whose it is', async () => {
    const book = [...relay.relay.registry.entries()].find(([, { kind }]) => kind === 'daybook')?.[0] ?? ''
    await world.stopRelay(relay)
    const folder = join(relay.directory, 'documents', book.slice(0, 2), book.slice(2))
    const [file] = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
      one.isFile(),
    )
    const path = join(file?.parentPath ?? '', file?.name ?? '')
    const bytes = await readFile(path)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await writeFile(path, bytes)
    relay = await world.relay()
    olga = await Browser.signedIn(relay, 'Olga')
    mira = await Browser.signedIn(relay, 'Mira')
    await relayNumbers(relay)
    expect((await exceptions()).quarantined).toMatchObject([
      {
        reason: 'checksum',
        name: expect.stringMatching(/^day book /) as string,
        shop: till.identity.shop,
        quarantined: expect.stringContaining('quarantine') as string,
      },
    ])
    expect((await exceptions(mira)).quarantined).toEqual([])
  })
})
