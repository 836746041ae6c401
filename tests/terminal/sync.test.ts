import { cp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { shardOf } from '../../src/docs/naming.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { FaultyDisk } from '../storage/disks.js'
import { numbersOf, relayNumbers, tea, until, World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

/** Enough for every shard to have some. */
const SKUS = Array.from({ length: 200 }, (_, index) => `ITEM-${index}`)
const ITEMS = SKUS.map((sku) => ({ sku, name: sku, price: { minor: 100 } }))
const PRICES = SKUS.map((sku) => ({ sku, price: { minor: 200 } }))

/** A wire to the relay that can be cut after so many bytes. */
class Wire {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  /** Bytes let through, both ways together, before everything is cut. */
  budget = Number.POSITIVE_INFINITY
  bytes = 0
  url = ''

  constructor(port: number) {
    this.#server = createServer((client) => {
      // The far end of a cut wire is not there any more.
      if (this.bytes >= this.budget) {
        client.destroy()
        return
      }
      const upstream = new (client.constructor as new () => Socket)()
      upstream.connect(port, '127.0.0.1')
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(from)
        from.on('data', (data) => {
          this.bytes += data.length
          if (this.bytes >= this.budget) this.cut()
          else to.write(data)
        })
        from.on('close', () => {
          this.#sockets.delete(from)
          to.destroy()
        })
        from.on('error', () => to.destroy())
      }
    })
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    if (typeof address === 'object' && address) this.url = `http://127.0.0.1:${address.port}`
    return this
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }
}

describe('sync', () => {
  test('S3 what is sent is receipted, and only then counts as synced', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea('2'))
    expect((await agent.status()).unreceipted).toMatchObject({ invoices: 1, payable: 20_000 })
    const result = await agent.sync()
    expect(result).toMatchObject({ complete: true, notTaken: [] })
    expect((await agent.status()).unreceipted).toMatchObject({ invoices: 0, creditNotes: 0, payable: 0 })
    expect(await relayNumbers(relay)).toEqual(await numbersOf(agent))
    for await (const { custody } of agent.lookup.all()) expect(custody).toBe('receipted')
    for await (const { custody } of relay.relay.invoices.all({})) expect(custody).toBe('receipted')
    expect(agent.link.state.state).toBe('down')
  })

  test('S3 Mark As Synced changes a date and nothing else', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea('2'))
    const before = await agent.status()
    const status = await agent.markSynced('Asha')
    expect(status.markedSynced).not.toBeNull()
    expect(status.lastSync).toBe(before.lastSync)
    expect(status.unreceipted).toMatchObject({ invoices: 1, payable: 20_000 })
    expect(status.receipted.invoices).toBe(0)
    await world.stopRelay(relay)
    await expect(agent.forceComplete('Asha', true)).rejects.toThrow('cannot be reached')
    expect(await numbersOf(agent)).toHaveLength(1)
    expect(await relayFolderIsKept()).toBe(true)
  })

  async function relayFolderIsKept(): Promise<boolean> {
    const again = await world.relay()
    return (await relayNumbers(again)).length === 0
  }

  test('in disconnected mode nothing is sent until a person asks', async () => {
    const wire = await new Wire(Number(new URL(relay.url).port)).listen()
    const agent = await world.terminal({ ...relay, url: wire.url }, 'T01', { mode: 'disconnected' })
    await world.stop(agent)
    const again = await world.agent(world.path('T01'))
    again.start()
    wire.bytes = 0
    for (let index = 0; index < 5; index += 1) await again.till.sell(tea())
    await again.markSynced('Asha')
    expect(wire.bytes).toBe(0)
    await again.sync()
    expect(wire.bytes).toBeGreaterThan(0)
    expect(again.link.state.state).toBe('down')
    wire.close()
  })

  test('S2 cut anywhere, repeated, run twice at once: nothing is lost or doubled', async () => {
    const wire = await new Wire(Number(new URL(relay.url).port)).listen()
    const agent = await world.terminal({ ...relay, url: wire.url }, 'T01', { mode: 'disconnected' })
    let cuts = 0
    for (let step = 0; ; step += 1) {
      await agent.till.sell(tea('1', { externalRef: `sale ${step}` }))
      wire.bytes = 0
      wire.budget = 200 * 1.45 ** step
      const outcome = await Promise.allSettled([agent.sync(), agent.sync()])
      if (outcome.some(({ status }) => status === 'fulfilled')) break
      cuts += 1
      expect((await agent.status()).unreceipted.invoices).toBeGreaterThan(0)
    }
    expect(cuts).toBeGreaterThan(8)
    wire.budget = Number.POSITIVE_INFINITY
    await agent.sync()
    expect(await relayNumbers(relay)).toEqual(await numbersOf(agent))
    expect(await relayNumbers(relay)).toHaveLength(cuts + 1)
    const stock = await stockOf(relay, 'TEA')
    expect(stock).toBe(String(-(cuts + 1)))
    wire.close()
  })

  test('S1 selling goes on while a sync runs', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    for (let index = 0; index < 100; index += 1) await agent.till.sell(tea())
    const running = new Set(['sync'])
    const sync = agent.sync().finally(() => running.clear())
    let meanwhile = 0
    while (running.size > 0) {
      await agent.till.sell(tea())
      meanwhile += 1
    }
    await sync
    expect(meanwhile).toBeGreaterThan(0)
    await agent.sync()
    expect(await relayNumbers(relay)).toHaveLength(100 + meanwhile)
  })

  test('S4 eight terminals sync at the same moment; a ninth with a forged book blocks none of them', async () => {
    const agents = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        world.terminal(relay, `till ${index}`, { mode: 'disconnected' }),
      ),
    )
    for (const agent of agents) {
      for (let index = 0; index < 5; index += 1) await agent.till.sell(tea())
    }
    const forger = await world.terminal(relay, 'forger', { mode: 'disconnected' })
    await forger.till.sell(tea())
    await forge(forger)
    const results = await Promise.all([...agents, forger].map((agent) => agent.sync()))
    expect(results.slice(0, 8).every(({ complete }) => complete)).toBe(true)
    expect(results[8]).toMatchObject({
      complete: false,
      notTaken: [{ reason: expect.stringContaining('signature') as string }],
    })
    expect((await forger.status()).unreceipted.invoices).toBeGreaterThan(0)
    // Its other documents are taken all the same.
    expect(results[8]?.notTaken).toHaveLength(1)
    // The whole of the forged book is set aside.
    expect(await relayNumbers(relay)).toHaveLength(8 * 5)
  })

  test('S4 a document that this disk cannot take holds up no other, and comes with the next sync', async () => {
    const manager = await world.terminal(relay, 'T01', { role: 'manager' })
    await manager.catalogue.edit('Asha', 'import', ITEMS)
    await manager.sync()
    await world.stop(await world.terminal(relay, 'T02', { mode: 'disconnected' }))
    await manager.catalogue.edit('Asha', 'prices', PRICES)
    await manager.sync()
    const disk = new FaultyDisk(nodeDisk)
    const till = await world.agent(world.path('T02'), { disk })
    await till.till.sell(tea())
    const shop = till.identity.shop
    const shard = shardOf('ITEM-0', till.documents.shop().catalogueShards)
    const bad = till.documents.id({ kind: 'catalogue', shop, shard })
    disk.decide = ({ name, path }) =>
      name === 'rename' && path.includes(bad.slice(2)) ? { code: 'EIO' } : undefined
    const result = await till.sync()
    expect(result.complete).toBe(false)
    expect(result.notTaken.map(({ name }) => name)).toEqual([`catalogue shard ${shard}`])
    expect((await till.status()).unreceipted.invoices).toBe(0)
    disk.decide = () => undefined
    expect(await till.sync()).toMatchObject({ complete: true, notTaken: [] })
    expect((await till.catalogue.item('ITEM-0')).price.minor).toBe(200)
  })

  /** Puts a record into the day book that another key signed. */
  async function forge(agent: Awaited<ReturnType<World['terminal']>>): Promise<void> {
    const [book] = await agent.books.onDisk()
    const handle = book && (await agent.books.open(book.id))
    if (!handle) throw new Error('there is a day book')
    const { sealRecord, readRecord } = await import('../../src/docs/record.js')
    const { recordKey, storedAt } = await import('../../src/docs/daybook.js')
    const { newSigner } = await import('../support/keys.js')
    const { noteText } = await import('../../src/docs/change-note.js')
    const last = readRecord(storedAt(handle.doc(), agent.chain.state.position))
    const chain = { ...last.body.chain, position: last.body.chain.position + 1, prev: last.hash }
    const { stored } = sealRecord({ ...last.body, chain } as typeof last.body, newSigner())
    const message = noteText({ terminal: last.body.chain.terminal, by: 'Asha', did: 'forge' })
    handle.change(
      (draft) => {
        draft[recordKey(chain.position)] = stored
      },
      { message },
    )
    await agent.disk.durable.flush(handle.documentId)
  }

  test('in online mode a sale is receipted by itself, and a lost relay is found again without a mode change', async () => {
    const agent = await world.terminal(relay, 'T01')
    agent.start()
    await agent.till.sell(tea())
    await until(agent, async () => (await agent.status()).unreceipted.invoices === 0)
    const { port } = new URL(relay.url)
    await world.stopRelay(relay)
    await until(agent, () => agent.link.state.state === 'down')
    await agent.till.sell(tea())
    expect(agent.mode).toBe('online')
    expect((await agent.status()).unreceipted.invoices).toBe(1)
    const again = await world.relay({ port: Number(port) })
    await until(agent, async () => (await agent.status()).unreceipted.invoices === 0)
    expect(await relayNumbers(again)).toEqual(await numbersOf(agent))
  })

  test('Work As Online Client syncs first, and where that fails the mode stays', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea())
    const { port } = new URL(relay.url)
    await world.stopRelay(relay)
    await expect(agent.goOnline('Asha')).rejects.toThrow('cannot be reached')
    expect(agent.mode).toBe('disconnected')
    await world.relay({ port: Number(port) })
    await agent.goOnline('Asha')
    expect(agent.mode).toBe('online')
    expect((await agent.status()).unreceipted.invoices).toBe(0)
    await until(agent, () => agent.link.state.state === 'up')
  })

  test.each(['http://no-such-host.invalid:1', 'http://127.0.0.1:1', 'http://192.0.2.1:9'])(
    'R1 an address that leads nowhere (%s) ends no process and loses nothing',
    async (url) => {
      const agent = await world.terminal(relay, 'T01')
      await agent.till.sell(tea())
      await world.stop(agent)
      const { changeIdentity } = await import('../../src/terminal/identity.js')
      await changeIdentity(world.path('T01'), nodeDisk, { relayUrl: url, insecure: true })
      const lost = await world.agent(world.path('T01'))
      lost.start()
      const attempt = lost.sync().catch((error: unknown) => error)
      await lost.till.sell(tea())
      if (url.includes('192.0.2.1')) lost.link.stop()
      expect(String(await attempt)).toMatch(/cannot be reached|was stopped/)
      expect(await numbersOf(lost)).toHaveLength(2)
    },
  )

  test('S5 a relay restored from an old backup gets the missing changes back, and says so', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea())
    await agent.sync()
    const restored = await restoredAfter(async () => {
      await agent.till.sell(tea())
      await agent.sync()
    })
    expect(await relayNumbers(restored)).toHaveLength(1)
    const { behind } = restored.relay.fleet
    const seen: string[] = []
    await agent.sync(() => seen.push(...behind.list().map(({ what }) => what)))
    expect(seen[0]).toContain('restored from a backup: it is behind of terminal T01')
    expect(behind.list()).toEqual([])
    expect(restored.relay.incidents.list()).toMatchObject([
      { kind: 'behind', terminal: agent.identity.terminal },
    ])
    expect(await relayNumbers(restored)).toEqual(await numbersOf(agent))
    expect(await stockOf(restored, 'TEA')).toBe('-2')
    expect(await agent.sync()).toMatchObject({ relayBehind: false, complete: true })
  })

  test('S5 a restored relay is found behind although it has given other terminals receipts since', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    const other = await world.terminal(relay, 'T02', { mode: 'disconnected' })
    const restored = await restoredAfter(async () => {
      await agent.till.sell(tea())
      await agent.sync()
    })
    for (let index = 0; index < 3; index += 1) {
      await other.till.sell(tea())
      await other.sync()
    }
    expect(await agent.sync()).toMatchObject({ relayBehind: true, complete: true })
    expect(await relayNumbers(restored)).toEqual([...(await numbersOf(agent)), ...(await numbersOf(other))])
  })

  test('S3 S5 what a restored relay has forgotten counts as sent no more, also when the sync is cut', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    const restored = await restoredAfter(async () => {
      await agent.till.sell(tea())
      await agent.sync()
    })
    const cut = new AbortController()
    const attempt = agent.sync(({ done, total }) => {
      if (done === total) cut.abort()
    }, cut.signal)
    await expect(attempt).rejects.toThrow('was stopped')
    expect((await agent.status()).unreceipted.invoices).toBe(1)
    await world.stop(agent)
    expect(restored.relay.fleet.behind.list()).toMatchObject([{ terminal: 'T01', by: 1 }])
    const again = await world.agent(world.path('T01'))
    expect((await again.status()).unreceipted.invoices).toBe(1)
    expect(await again.sync()).toMatchObject({ complete: true })
    expect(restored.relay.fleet.behind.list()).toEqual([])
    expect((await again.status()).unreceipted.invoices).toBe(0)
  })

  test('N2 S5 an epoch that a restored relay has forgotten is taken from the directory, and not given again', async () => {
    await world.paired(relay, 'T01')
    const restored = await restoredAfter((newer) => sellInNewEpoch(newer, 'B'))
    const old = await world.agent(world.path('T01'))
    await expect(old.sync()).rejects.toThrow('Pair it again')
    await world.stop(old)
    const agent = await world.agent(await world.paired(restored, 'T01'))
    expect(agent.identity.epoch).toBe('C')
    expect(await agent.sync()).toMatchObject({ complete: true })
    const { record } = await agent.till.sell(tea())
    expect(record.body.number).toMatch(/^T01C\/\d{4}\/000001$/)
    await agent.sync()
    expect(await relayNumbers(restored)).toEqual(await numbersOf(agent))
  })

  test('P1 S5 what a restored relay has forgotten and cannot take again is not deleted', async () => {
    await world.paired(relay, 'T01')
    const restored = await restoredAfter(async (newer) => {
      await sellInNewEpoch(newer, 'B')
      await sellInNewEpoch(newer, 'C')
    })
    // The directory proves the epoch it was in; of the one before that, the relay has lost the key.
    const agent = await world.agent(await world.paired(restored, 'T01'))
    const { notTaken } = await agent.forceComplete('Asha', true)
    expect(notTaken.map(({ name }) => name)).toContainEqual(expect.stringMatching(/^day book T01B/))
    expect(await numbersOf(agent)).toEqual([expect.stringMatching(/^T01B/)])
    expect(await relayNumbers(restored)).toEqual([expect.stringMatching(/^T01C/)])
  })

  test('S5 receipts that came over a link that stays up do not make the relay look restored', async () => {
    const agent = await world.terminal(relay, 'T01')
    agent.start()
    await until(agent, () => agent.link.session !== undefined)
    await agent.till.sell(tea())
    await until(agent, async () => (await agent.status()).unreceipted.invoices === 0)
    expect(await agent.sync()).toMatchObject({ relayBehind: false, complete: true })
    await agent.till.sell(tea())
    await agent.forceComplete('Asha', true)
    expect(await agent.sync()).toMatchObject({ relayBehind: false, complete: true })
  })
})

/** The relay as it is now, after it lived on for a while, was lost, and came back from a backup made now. */
async function restoredAfter(lived: (newer: RunningRelay) => Promise<void>): Promise<RunningRelay> {
  const port = Number(new URL(relay.url).port)
  await world.stopRelay(relay)
  await cp(world.path('relay'), world.path('backup'), { recursive: true })
  const newer = await world.relay({ port })
  await lived(newer)
  await world.stopRelay(newer)
  await rm(world.path('relay'), { recursive: true })
  await cp(world.path('backup'), world.path('relay'), { recursive: true })
  return world.relay({ port })
}

/** Pairs T01 again, sells once in disconnected mode, syncs, and stops. */
async function sellInNewEpoch(at: RunningRelay, epoch: string): Promise<void> {
  const agent = await world.agent(await world.paired(at, 'T01'))
  await agent.sync()
  await agent.disconnect('Asha')
  const { record } = await agent.till.sell(tea())
  expect(record.body.number.startsWith(`T01${epoch}/`)).toBe(true)
  await agent.sync()
  await world.stop(agent)
}

async function stockOf({ relay }: RunningRelay, sku: string): Promise<string> {
  const { readStock } = await import('../../src/docs/stock.js')
  const { documentId } = await import('../../src/docs/naming.js')
  const shop = relay.shops.byName('Main')
  if (!shop) throw new Error('there is a shop')
  const name = { kind: 'stock' as const, shop: shop.id, shard: shardOf(sku, shop.catalogueShards) }
  const handle = await relay.durable.open<Record<string, never>>(
    documentId(relay.identity.organisation, name),
  )
  return readStock(handle?.doc() ?? {}, sku).onHand
}
