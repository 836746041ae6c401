import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk, type Disk } from '../../src/storage/disk.js'
import type { ImageDamage } from '../../src/storage/image-quarantine.js'
import { hashOf, ImageStore, WrongBytes, WrongOffset } from '../../src/storage/image-store.js'
import { largePng } from '../support/pictures.js'
import { atEachOperation, dieAt, failAt, FaultyDisk } from './disks.js'

let root: string
let damages: ImageDamage[]

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'counterfoil-images-'))
  damages = []
})
afterEach(() => rm(root, { recursive: true, force: true }))

const open = (disk: Disk = nodeDisk, folder = 'images', aside = 'quarantine'): Promise<ImageStore> =>
  ImageStore.open({
    directory: join(root, folder),
    quarantine: join(root, aside),
    disk,
    onDamage: (damage) => damages.push(damage),
  })

const IMAGE = largePng(5_000, [7, 7, 7])
const HASH = hashOf(IMAGE)

describe('the store of images', () => {
  test('S2 an image that comes in parts goes on where it was cut, also after a restart', async () => {
    const store = await open()
    expect(await store.append(HASH, IMAGE.length, 0, IMAGE.subarray(0, 2_000))).toBe(2_000)
    await expect(store.append(HASH, IMAGE.length, 0, IMAGE.subarray(0, 2_000))).rejects.toThrow(WrongOffset)
    const again = await open()
    expect(again.size(HASH)).toBeUndefined()
    expect(await again.received(HASH)).toBe(2_000)
    expect(await again.append(HASH, IMAGE.length, 2_000, IMAGE.subarray(2_000))).toBe(IMAGE.length)
    expect(await again.read(HASH)).toEqual(Buffer.from(IMAGE))
    expect(await readdir(join(root, 'images', 'incoming'))).toEqual([])
  })

  test('R1 bytes that are not what their name says never appear under it, and it can be begun anew', async () => {
    const store = await open()
    const other = Uint8Array.from(IMAGE).fill(1, 100, 200)
    await expect(store.append(HASH, other.length, 0, other)).rejects.toThrow(WrongBytes)
    expect(store.size(HASH)).toBeUndefined()
    expect(await store.received(HASH)).toBe(0)
    await store.append(HASH, IMAGE.length, 0, IMAGE)
    expect(store.size(HASH)).toBe(IMAGE.length)
  })

  test('D2 a damaged image is set aside and reported, and its neighbour stays', async () => {
    const store = await open()
    const neighbour = await store.put(largePng(400, [1, 1, 1]))
    await store.put(IMAGE)
    await writeFile(join(root, 'images', HASH), Uint8Array.from(IMAGE).fill(0, 50, 60))
    expect(await store.read(HASH)).toBeUndefined()
    expect(damages).toMatchObject([{ sha256: HASH }])
    expect((await readFile(damages[0]?.quarantined ?? '')).length).toBe(IMAGE.length)
    expect(await store.read(neighbour)).toBeDefined()
    await store.put(IMAGE)
    expect(await store.read(HASH)).toBeDefined()
  })

  test('D2 damage is listed, also after a restart, until the image is here again; its bytes are kept', async () => {
    const store = await open()
    const spoil = () => writeFile(join(root, 'images', HASH), Uint8Array.from(IMAGE).fill(0, 50, 60))
    await store.put(IMAGE)
    await spoil()
    await store.read(HASH)
    const found = { sha256: HASH, path: join(root, 'images', HASH), quarantined: damages[0]?.quarantined }
    expect(store.damage()).toMatchObject([found])
    const again = await open()
    expect(again.damage()).toMatchObject([found])
    expect(damages).toHaveLength(1)
    await again.append(HASH, IMAGE.length, 0, IMAGE)
    expect(again.damage()).toEqual([])
    expect((await open()).damage()).toEqual([])
    // What is found later is damage anew, and takes no name that is kept.
    await spoil()
    await again.read(HASH)
    expect(again.damage()).toHaveLength(1)
    expect((await readdir(join(root, 'quarantine'))).toSorted()).toEqual([
      `image-${HASH}.1.settled`,
      `image-${HASH}.2`,
    ])
  })

  test('D3 killed at any file operation of setting an image aside and getting it back, nothing of it is forgotten', async () => {
    await atEachOperation(async (at) => {
      const folder = `spoilt-${at}`
      const aside = `${folder}-aside`
      await (await open(nodeDisk, folder, aside)).put(IMAGE)
      await writeFile(join(root, folder, HASH), Uint8Array.from(IMAGE).fill(0, 50, 60))
      const disk = new FaultyDisk(nodeDisk, dieAt(at))
      const work = async (): Promise<void> => {
        const store = await open(disk, folder, aside)
        await store.read(HASH)
        await store.put(IMAGE)
      }
      await work().catch(() => undefined)
      const again = await open(nodeDisk, folder, aside)
      const whole = await again.read(HASH)
      expect(again.damage()).toHaveLength(whole ? 0 : 1)
      const kept = await readdir(join(root, aside))
      expect(kept).toHaveLength(1)
      return disk.operations.length
    })
  })

  test('D3 killed at any file operation it is whole or absent, and goes on', async () => {
    await atEachOperation(async (at) => {
      const folder = `killed-${at}`
      const disk = new FaultyDisk(nodeDisk, dieAt(at))
      await feed(disk, folder).catch(() => undefined)
      const store = await open(nodeDisk, folder)
      const size = store.size(HASH)
      expect([undefined, IMAGE.length]).toContain(size)
      if (size !== undefined) expect(await store.read(HASH)).toEqual(Buffer.from(IMAGE))
      await feed(nodeDisk, folder)
      expect(await (await open(nodeDisk, folder)).read(HASH)).toEqual(Buffer.from(IMAGE))
      return disk.operations.length
    })
  })

  test('D4 a full disk refuses the part, keeps what came, and takes it when there is space', async () => {
    await atEachOperation(async (at) => {
      const folder = `full-${at}`
      const disk = new FaultyDisk(nodeDisk, failAt(at, { code: 'ENOSPC' }))
      await feed(disk, folder).catch((error: Error) =>
        expect(error.name).toMatch(/^Storage(Read|Write)Error$/),
      )
      await feed(nodeDisk, folder)
      expect(await (await open(nodeDisk, folder)).read(HASH)).toEqual(Buffer.from(IMAGE))
      return disk.operations.length
    })
  })

  /** Brings the image in two parts, from wherever it is. */
  async function feed(disk: Disk, folder: string): Promise<void> {
    const store = await open(disk, folder)
    for (let offset = await store.received(HASH); store.size(HASH) === undefined;)
      offset = await store.append(HASH, IMAGE.length, offset, IMAGE.subarray(offset, offset + 2_500))
  }
})
