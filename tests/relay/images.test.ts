import { rm } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nameImage } from '../../src/docs/images.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { hashOf } from '../../src/storage/image-store.js'
import type { Agent } from '../../src/terminal/agent.js'
import { FaultyDisk } from '../storage/disks.js'
import { largePng, png } from '../support/pictures.js'
import { World, type RunningRelay } from '../support/world.js'
import { Browser, OPERATOR } from './browser.js'
import { ask } from './raw-http.js'

let world: World
let relay: RunningRelay
let manager: Agent
let disk: FaultyDisk

const RED = png(40, 40, [200, 30, 30])
/** Goes in three parts. */
const LARGE = largePng(600_000, [3, 3, 3])

beforeEach(async () => {
  world = await World.make()
  disk = new FaultyDisk(nodeDisk)
  relay = await world.relay({ disk })
  manager = await world.terminal(relay, 'M01', { role: 'manager', mode: 'disconnected' })
  await manager.goOnline('Mira')
  await manager.catalogue.edit('Mira', 'edit', [
    { sku: 'TEA', name: 'Tea', price: { minor: 100 } },
    { sku: 'SOAP', name: 'Soap', price: { minor: 200 } },
  ])
  await manager.sync()
})
afterEach(() => world.end())

/** Names an image that has no bytes yet, as a manager's terminal may. */
async function named(sha256: string, bytes: number): Promise<void> {
  const name = { kind: 'images', shop: manager.identity.shop } as const
  await manager.documents.change(name, 'Mira', 'add image', (draft, before) =>
    nameImage(draft, before, sha256, { bytes, type: 'image/png' }),
  )
  await manager.sync()
}

const session = (): string => manager.link.session?.granted.session ?? ''

function sendPart(sha256: string, offset: number, part: Uint8Array, token = session()) {
  const headers = { 'content-type': 'application/octet-stream', 'upload-offset': String(offset) }
  return ask(relay.url, 'PATCH', `/v1/images/${sha256}`, { token, headers, body: part })
}

async function offsetOf(sha256: string): Promise<number | undefined> {
  const asked = { token: session(), body: { images: [sha256] } }
  const { body } = await ask<{ missing: { offset: number }[] }>(relay.url, 'POST', '/v1/images', asked)
  return body.missing[0]?.offset
}

/** A part whose connection is cut after so many bytes of its body. */
function cutPart(sha256: string, offset: number, part: Uint8Array, after: number): Promise<void> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(relay.url)
    const upload = httpRequest({
      hostname,
      port,
      method: 'PATCH',
      path: `/v1/images/${sha256}`,
      headers: {
        authorization: `Bearer ${session()}`,
        'content-type': 'application/octet-stream',
        'upload-offset': String(offset),
        'content-length': part.length,
      },
    })
    upload.on('error', () => undefined).on('close', () => resolve())
    upload.write(part.subarray(0, after), () => upload.destroy())
  })
}

describe('images at the relay', () => {
  test('R1 what has the right hash and is no image is not kept under its name', async () => {
    const fake = Buffer.concat([RED.subarray(0, 8), Buffer.from('<script>alert(1)</script>')])
    const sha256 = hashOf(fake)
    await named(sha256, fake.length)
    const answer = await sendPart(sha256, 0, fake)
    expect([answer.status, answer.body['type']]).toEqual([400, 'counterfoil:not-an-image'])
    expect(await offsetOf(sha256)).toBe(0)
    const got = await fetch(`${relay.url}/v1/images/${sha256}`, {
      headers: { authorization: `Bearer ${session()}` },
    })
    expect(got.status).toBe(404)
  })

  test('R1 what one terminal began with wrong bytes does not spoil the upload of another', async () => {
    const other = await world.terminal(relay, 'M02', { role: 'manager' })
    await other.goOnline('Omar')
    const sha256 = hashOf(LARGE)
    await named(sha256, LARGE.length)
    const token = other.link.session?.granted.session ?? ''
    const wrong = Uint8Array.from(LARGE).fill(9, 100, 200)
    expect((await sendPart(sha256, 0, wrong.subarray(0, 1000), token)).status).toBe(200)
    await manager.images.set('Mira', 'SOAP', LARGE)
    expect(await manager.images.sync()).toMatchObject({ notTaken: [], complete: true })
    expect((await relay.relay.images.read(manager.identity.shop, sha256)).bytes).toEqual(Buffer.from(LARGE))
  })

  test('S2 an upload that is cut within a part, at any byte, goes on where the last whole part ended', async () => {
    const sha256 = hashOf(LARGE)
    await named(sha256, LARGE.length)
    let offset = 0
    for (const after of [1, 77, 4_096, 99_999]) {
      const part = LARGE.subarray(offset, offset + 100_000)
      await cutPart(sha256, offset, part, after)
      expect(await offsetOf(sha256)).toBe(offset)
      expect((await sendPart(sha256, offset, part)).body).toEqual({ offset: offset + part.length })
      // The answer was lost: the same part once more says where it goes on.
      expect(await sendPart(sha256, offset, part)).toMatchObject({
        status: 409,
        body: { type: 'counterfoil:wrong-offset', offset: offset + part.length },
      })
      offset += part.length
    }
    expect((await sendPart(sha256, offset, LARGE.subarray(offset))).body).toEqual({ offset: LARGE.length })
    expect(await offsetOf(sha256)).toBeUndefined()
    const pieces: Buffer[] = []
    for (const [first, last] of [
      [0, 0],
      [1, 250_000],
      [250_001, LARGE.length - 1],
    ]) {
      const headers = { authorization: `Bearer ${session()}`, range: `bytes=${first}-${last}` }
      const got = await fetch(`${relay.url}/v1/images/${sha256}`, { headers })
      expect(got.status).toBe(206)
      pieces.push(Buffer.from(await got.arrayBuffer()))
    }
    expect(hashOf(Buffer.concat(pieces))).toBe(sha256)
  })

  test('D3 S2 an upload that ended between its last byte and its name is finished by the next sync', async () => {
    const { sha256 } = await manager.images.set('Mira', 'TEA', RED)
    disk.decide = ({ name, path }) =>
      name === 'rename' && path.endsWith(sha256) ? { code: 'EIO' } : undefined
    await manager.images.sync().catch(() => undefined)
    expect(manager.images.figures().unreceipted.count).toBe(1)
    disk.decide = () => undefined
    expect(await manager.images.sync()).toMatchObject({ receipted: 1, notTaken: [], complete: true })
    expect(manager.images.figures().unreceipted.count).toBe(0)
  })

  test('P1 S5 a relay that has lost images it receipted gets them back, and nothing is cleared before', async () => {
    await manager.images.set('Mira', 'TEA', RED)
    await manager.images.set('Mira', 'SOAP', LARGE)
    await manager.images.sync()
    expect(manager.images.figures().unreceipted.count).toBe(0)
    await manager.disconnect('Mira')
    const { port } = new URL(relay.url)
    await world.stopRelay(relay)
    await rm(world.path('relay', 'images'), { recursive: true })
    relay = await world.relay({ port: Number(port) })
    expect(await manager.images.force()).toMatchObject({
      uploaded: 2,
      cleared: 2,
      kept: 0,
      complete: true,
      relayBehind: true,
    })
    const { shop } = manager.identity
    expect((await relay.relay.images.read(shop, hashOf(RED))).bytes).toEqual(Buffer.from(RED))
    expect((await relay.relay.images.read(shop, hashOf(LARGE))).bytes).toEqual(Buffer.from(LARGE))
  })

  test('A2 people see the images of a shop; a manager those of the own', async () => {
    const { sha256 } = await manager.images.set('Mira', 'TEA', RED)
    await manager.images.sync()
    await world.terminal(relay, 'X01', { shop: 'Branch' })
    await Browser.add(relay, 'Mira', 'manager', 'Main')
    const { cookie } = await Browser.signedIn(relay, 'Mira')
    const get = (shop: string, headers: Record<string, string>) =>
      fetch(`${relay.url}/v1/admin/images/${sha256}?shop=${shop}`, { headers })
    const shown = await get('Main', { cookie })
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(shown.headers.get('x-content-type-options')).toBe('nosniff')
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(Buffer.from(RED))
    expect((await get('Branch', { cookie })).status).toBe(403)
    expect((await get('Branch', { authorization: `Bearer ${OPERATOR}` })).status).toBe(404)
    expect((await get('Main', {})).status).toBe(401)
  })
})
