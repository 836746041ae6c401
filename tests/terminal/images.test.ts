import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nodeDisk } from '../../src/storage/disk.js'
import { hashOf } from '../../src/storage/image-store.js'
import type { Agent } from '../../src/terminal/agent.js'
import { FaultyDisk } from '../storage/disks.js'
import { largePng, png } from '../support/pictures.js'
import { served, tell, SECRET } from '../support/till-api.js'
import { World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay
let manager: Agent
let till: Agent

const RED = png(40, 40, [200, 30, 30])
/** Goes in three parts. */
const LARGE = largePng(600_000, [3, 3, 3])

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
  manager = await world.terminal(relay, 'T01', { role: 'manager', mode: 'online' })
  await manager.catalogue.edit('Mira', 'edit', [
    { sku: 'TEA', name: 'Tea', price: { minor: 100 } },
    { sku: 'SOAP', name: 'Soap', price: { minor: 200 } },
  ])
  await manager.sync()
  till = await world.terminal(relay, 'T02', { mode: 'disconnected' })
})
afterEach(() => world.end())

describe('images of items', () => {
  test('S2 S3 go to the relay, are receipted, and come to the other terminal', async () => {
    const { sha256 } = await manager.images.set('Mira', 'TEA', RED)
    const large = await manager.images.set('Mira', 'SOAP', LARGE)
    expect(manager.images.figures().unreceipted.count).toBeGreaterThan(0)
    await manager.images.sync()
    expect(manager.images.figures()).toMatchObject({ here: { count: 2 }, unreceipted: { count: 0 } })
    expect(await till.images.sync()).toMatchObject({ downloaded: 2, uploaded: 0, complete: true })
    expect((await till.catalogue.item('TEA')).image).toBe(sha256)
    expect((await till.images.show(large.sha256)).bytes).toEqual(Buffer.from(LARGE))
    expect(await till.images.wanted()).toEqual({ count: 0, bytes: 0 })
  })

  test('an image is fetched when it is first shown, and not where a person chose to be disconnected', async () => {
    const { sha256 } = await manager.images.set('Mira', 'TEA', RED)
    await manager.images.sync()
    await till.sync()
    await expect(till.images.show(sha256)).rejects.toMatchObject({ code: 'image-not-here' })
    await till.goOnline('Asha')
    const shown = await Promise.all([till.images.show(sha256), till.images.show(sha256)])
    expect(shown.map(({ type }) => type)).toEqual(['image/png', 'image/png'])
  })

  test('P1 Force Complete clears exactly what is receipted; a relay that is away clears nothing', async () => {
    await manager.images.set('Mira', 'TEA', RED)
    await manager.images.set('Mira', 'SOAP', LARGE)
    await manager.disconnect('Mira')
    const { port } = new URL(relay.url)
    await world.stopRelay(relay)
    await expect(manager.images.force()).rejects.toMatchObject({ code: 'relay-unreachable' })
    expect(manager.images.figures().here.count).toBe(2)
    relay = await world.relay({ port: Number(port) })
    expect(await manager.images.force()).toMatchObject({ cleared: 2, kept: 0, complete: true })
    expect(manager.images.figures().here).toEqual({ count: 0, bytes: 0 })
    expect((await readdir(world.path('T01', 'images'))).filter((name) => name !== 'incoming')).toEqual([])
    // It is at the relay for good.
    await manager.goOnline('Mira')
    expect((await manager.images.show(hashOf(LARGE))).bytes.length).toBe(LARGE.length)
  })

  test('S2 an upload that is cut goes on with the next sync, and is sent once', async () => {
    const { sha256 } = await manager.images.set('Mira', 'SOAP', LARGE)
    await manager.sync()
    const { shop, terminal } = manager.identity
    await relay.relay.images.append({ shop, terminal }, sha256, 0, LARGE.subarray(0, 100_001))
    const { bytes, complete } = await manager.images.sync()
    expect(complete).toBe(true)
    expect(bytes).toBeLessThanOrEqual(LARGE.length - 100_001)
    expect((await relay.relay.images.read(shop, sha256)).bytes).toEqual(Buffer.from(LARGE))
  })

  test('A2 R1 the relay takes no image that is not named, is another, or is brought by a till', async () => {
    const { shop, terminal } = manager.identity
    const from = { shop, terminal }
    await expect(relay.relay.images.append(from, hashOf(RED), 0, RED)).rejects.toMatchObject({
      code: 'unnamed-image',
    })
    const { sha256 } = await manager.images.set('Mira', 'TEA', RED)
    await manager.sync()
    const wrong = Uint8Array.from(RED).fill(0, 50, 60)
    await expect(relay.relay.images.append(from, sha256, 0, wrong).catch(refuse)).rejects.toMatchObject({
      code: 'wrong-bytes',
    })
    const svg = new TextEncoder().encode('<svg onload="alert(1)"/>')
    await expect(relay.relay.images.append(from, sha256, 0, svg)).rejects.toMatchObject({
      code: 'not-an-image',
    })
    await till.sync()
    await expect(till.images.set('Asha', 'TEA', RED)).rejects.toMatchObject({ code: 'managers-only' })
    // Nothing of it hurts who comes after.
    expect(await manager.images.sync()).toMatchObject({ complete: true })
  })

  test('R1 over HTTP: an SVG is refused whatever it is called, and a picture is told by its bytes', async () => {
    const { url } = await served(world, manager)
    const put = (bytes: Uint8Array, type: string): Promise<Response> =>
      fetch(`${url}/v1/items/TEA/image`, {
        method: 'PUT',
        headers: { 'content-type': type },
        body: Buffer.from(bytes),
      })
    const refused = await put(new TextEncoder().encode('<svg/>'), 'image/png')
    expect([refused.status, ((await refused.json()) as { type: string }).type]).toEqual([
      400,
      'counterfoil:not-an-image',
    ])
    const taken = await put(RED, 'text/html')
    expect(taken.status).toBe(201)
    const { sha256 } = (await taken.json()) as { sha256: string }
    const shown = await fetch(`${url}/v1/images/${sha256}`)
    expect(shown.headers.get('content-type')).toBe('image/png')
    expect(shown.headers.get('x-content-type-options')).toBe('nosniff')
    expect(new Uint8Array(await shown.arrayBuffer())).toEqual(RED)
    const headers = { authorization: `Bearer ${SECRET}` }
    expect(await tell(url, 'GET /v1/images/..%2fidentity.json', { headers })).toMatchObject({ status: 404 })
    expect((await tell(url, 'DELETE /v1/items/TEA/image', { headers })).status).toBe(200)
    expect((await manager.catalogue.item('TEA')).image).toBeUndefined()
  })

  test('R1 an item shows no image that nobody brought: item, hash and remedy are named', async () => {
    const { url } = await served(world, manager)
    const edit = (items: object[]) => tell(url, 'POST /v1/items', { body: { items } })
    const strange = hashOf(RED)
    const refused = await edit([
      { sku: 'TEA', name: 'Other tea' },
      { sku: 'SOAP', image: strange },
    ])
    expect(refused).toMatchObject({
      status: 400,
      code: 'unnamed-image',
      body: { sku: 'SOAP', image: strange },
    })
    expect(refused.body['detail']).toMatch(
      new RegExp(`"SOAP" cannot show image ${strange}.*Bring its bytes first`),
    )
    // Nothing of the request was written.
    expect((await manager.catalogue.item('TEA')).name).toBe('Tea')
    const { sha256 } = await manager.images.set('Mira', 'TEA', RED)
    expect(await edit([{ sku: 'SOAP', image: sha256 }])).toMatchObject({ status: 200 })
    expect((await manager.catalogue.item('SOAP')).image).toBe(sha256)
    expect(await edit([{ sku: 'SOAP', image: '' }])).toMatchObject({ status: 200 })
    expect((await manager.catalogue.item('SOAP')).image).toBeUndefined()
  })

  test('the status tells of the images', async () => {
    await manager.images.set('Mira', 'TEA', RED)
    const status = await manager.status()
    expect(status.images.cacheLimitBytes).toBe(128 * 1024 * 1024)
    expect(status.images.here.count).toBe(1)
  })

  test('D2 a damaged image is an alarm here and at the relay, also after a restart, until it is here again', async () => {
    const { sha256 } = await manager.images.set('Mira', 'TEA', RED)
    await manager.images.sync()
    await manager.disconnect('Mira')
    const path = world.path('T01', 'images', sha256)
    await writeFile(path, Uint8Array.from(RED).fill(0, 50, 60))
    const told = once(manager, 'status')
    await expect(manager.images.show(sha256)).rejects.toMatchObject({ code: 'image-not-here' })
    await told
    const quarantined = world.path('T01', 'quarantine', `image-${sha256}.1`)
    const damage = [{ sha256, reason: 'checksum', path, quarantined }]
    expect((await manager.status()).damage).toEqual(damage)
    await world.stop(manager)
    manager = await world.agent(world.path('T01'))
    expect((await manager.status()).damage).toEqual(damage)
    const reported = () => relay.relay.watch.reports.of(manager.identity.terminal)?.last?.report.damage
    await manager.sync()
    await vi.waitFor(() => expect(reported()).toBe(1))
    expect(await manager.images.sync()).toMatchObject({ downloaded: 1, complete: true })
    expect((await manager.status()).damage).toEqual([])
    expect(await readdir(world.path('T01', 'quarantine'))).toContain(`image-${sha256}.1.settled`)
    await manager.sync()
    await vi.waitFor(() => expect(reported()).toBe(0))
  })

  test('S3 the cache is bounded: what was shown longest ago goes first, what has no receipt never', async () => {
    const first = await manager.images.set('Mira', 'TEA', RED)
    const second = await manager.images.set('Mira', 'SOAP', LARGE)
    await manager.images.sync()
    await till.sync()
    const { length } = LARGE
    await world.stop(till)
    till = await world.agent(world.path('T02'), { imageCacheBytes: length + 1 })
    await till.goOnline('Asha')
    await till.images.show(first.sha256)
    await till.images.show(second.sha256)
    expect(till.images.figures().here).toEqual({ count: 1, bytes: length })
    // It is fetched again when it is shown, and the other goes for it.
    await till.images.show(first.sha256)
    expect(till.images.figures().here).toEqual({ count: 1, bytes: RED.length })
    await world.stop(manager)
    manager = await world.agent(world.path('T01'), { imageCacheBytes: 10 })
    await manager.disconnect('Mira')
    await manager.images.force()
    const rights = { whileDisconnected: true }
    await expect(manager.images.set('Mira', 'TEA', RED)).rejects.toMatchObject({ code: 'disconnected' })
    await manager.images.set('Mira', 'TEA', png(8, 8, [1, 2, 3]), rights)
    expect(manager.images.figures()).toMatchObject({ here: { count: 1 }, unreceipted: { count: 1 } })
  })

  test('D3 S2 a download that ended between its last byte and its name is finished when it is shown again', async () => {
    const { sha256 } = await manager.images.set('Mira', 'TEA', RED)
    await manager.images.sync()
    await world.stop(till)
    const disk = new FaultyDisk(nodeDisk)
    till = await world.agent(world.path('T02'), { disk })
    await till.goOnline('Asha')
    disk.decide = ({ name, path }) =>
      name === 'rename' && path.endsWith(sha256) ? { code: 'EIO' } : undefined
    await expect(till.images.show(sha256)).rejects.toMatchObject({ code: 'image-not-here' })
    disk.decide = () => undefined
    expect((await till.images.show(sha256)).bytes).toEqual(Buffer.from(RED))
  })

  test('over HTTP a sync tells how far it is', async () => {
    await manager.disconnect('Mira')
    await manager.images.set('Mira', 'SOAP', LARGE, { whileDisconnected: true })
    const { url } = await served(world, manager)
    const response = await fetch(`${url}/v1/images/force`, {
      method: 'POST',
      headers: { accept: 'application/x-ndjson' },
    })
    const lines = (await response.text()).trim().split('\n')
    const said = lines.map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>)
    const { length } = LARGE
    expect(said).toContainEqual({
      progress: { phase: 'uploading', done: length, total: length, unit: 'bytes' },
    })
    expect(said.at(-1)?.['result']).toMatchObject({ uploaded: 1, cleared: 1, complete: true })
  })
})

function refuse(error: unknown): never {
  throw error
}
