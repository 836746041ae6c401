import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Item } from '../../src/docs/catalogue.js'
import type { ImageForceResult, ImageSyncResult } from '../../src/docs/generated/types.js'
import { hashOf } from '../../src/storage/image-store.js'
import type { Status } from '../../src/terminal/status.js'
import { largePng, png } from '../support/pictures.js'
import { useProcesses } from '../support/processes.js'
import { cashiersOf } from '../support/till-api.js'
import { World, type RunningRelay } from '../support/world.js'
import { jsonHere, runHere } from './run-here.js'

const processes = useProcesses('all')
const TEA = png(24, 24, [180, 40, 40])
const SALT = largePng(600_000, [3, 3, 3])

let world: World
let relay: RunningRelay
let manager: string
let till: string

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  manager = await world.paired(relay, 'T01', { role: 'manager' })
  till = await world.paired(relay, 'T02')
  for (const data of [manager, till]) await jsonHere(['terminal', 'sync', '--data', data])
  await writeFile(world.path('items.csv'), 'sku,name,price\nTEA,Tea,1.00\n1/2 SALT,Salt,2.00\n')
  await jsonHere(['catalogue', 'import', '--data', manager, '--file', world.path('items.csv')])
  await writeFile(world.path('tea.png'), TEA)
  await writeFile(world.path('salt.png'), SALT)
  await writeFile(world.path('huge.png'), largePng(3_000_000, [1, 1, 1]))
  await writeFile(world.path('tea.svg'), '<svg/>')
})
afterAll(() => world.end())

const image = (data: string, verb: string, ...args: string[]): string[] => [
  'terminal',
  'image',
  verb,
  ...args,
  '--data',
  data,
]
const set = (data: string, sku: string, file: string): string[] => image(data, 'set', sku, world.path(file))

describe('terminal image', () => {
  test('S2 S3 P1 set, sync and force: the picture reaches the relay and the other till, and is cleared with a receipt', async () => {
    const done = await runHere(set(manager, 'TEA', 'tea.png'))
    expect(done).toEqual({
      code: 0,
      stdout: `TEA shows image ${hashOf(TEA)} (24 × 24, image/png).\n`,
      stderr: '',
    })
    expect(await jsonHere(set(manager, '1/2 SALT', 'salt.png'))).toMatchObject({
      sha256: hashOf(SALT),
      bytes: SALT.length,
    })
    const sent = await runHere([...image(manager, 'sync'), '--json'])
    expect(sent.code).toBe(0)
    const result = JSON.parse(sent.stdout) as ImageSyncResult
    expect(result).toMatchObject({ uploaded: 2, downloaded: 0, receipted: 2, complete: true })
    const total = TEA.length + SALT.length
    expect(sent.stderr).toContain(`uploading images (bytes): ${total} of ${total}\n`)
    const fetched = await runHere(image(till, 'sync'))
    expect(fetched).toMatchObject({ code: 0, stdout: 'Sent 0 images, fetched 2; 0 receipted.\n' })
    const cleared = await runHere(image(till, 'force'))
    expect(cleared.stdout).toBe(`Sent 0 images; deleted here 2 (${total} bytes), kept 0.\n`)
    expect((await jsonHere<Status>(['terminal', 'status', '--data', till])).images.here.count).toBe(0)
  })

  test('speaks to the process that runs over the directory', async () => {
    const served = await processes.serve(['terminal', 'serve', '--data', manager, '--port', '0'])
    expect(await jsonHere(set(manager, 'TEA', 'salt.png'))).toMatchObject({ sha256: hashOf(SALT) })
    const item = (await (await fetch(`${served.url}/v1/items/TEA`)).json()) as Item
    expect(item.image).toBe(hashOf(SALT))
    expect(await jsonHere<ImageForceResult>(image(manager, 'force'))).toMatchObject({
      cleared: 2,
      complete: true,
    })
    await jsonHere(['terminal', 'disconnect', '--data', manager])
    const refused = await runHere(set(manager, 'TEA', 'tea.png'))
    expect(refused).toMatchObject({ code: 4, stdout: '' })
    expect(refused.stderr).toContain('The catalogue is edited in online mode')
    expect((await served.stop()).code).toBe(0)
    await jsonHere(['terminal', 'online', '--data', manager])
  })

  test.each([
    ['another kind of file', 'TEA', 'tea.svg', 5, 'tea.svg: This is not an image that a till shows'],
    ['a file that is too large', 'TEA', 'huge.png', 5, 'huge.png: This is not an image that a till shows'],
    ['a file that is not there', 'TEA', 'none.png', 3, 'none.png'],
    ['an item that is not there', 'COFFEE', 'tea.png', 3, 'There is no item "COFFEE"'],
  ])('R1 %s is named, and nothing is changed', async (_what, sku, file, code, said) => {
    const refused = await runHere(set(manager, sku, file))
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).toContain(said)
  })

  test('A2 R1 a till gives no item a picture, and a relay that is away is told', async () => {
    const refused = await runHere(set(till, 'TEA', 'tea.png'))
    expect(refused).toMatchObject({ code: 4, stdout: '' })
    expect(refused.stderr).toContain('paired with --role manager')
    const { port } = new URL(relay.url)
    await world.stopRelay(relay)
    const away = await runHere(image(till, 'sync'))
    expect(away).toMatchObject({ code: 1, stdout: '' })
    expect(away.stderr).toContain('cannot be reached')
    relay = await world.relay({ port: Number(port) })
  })

  test('A2 where people sign in: a manager sets, whoever may read the directory syncs, a person forces', async () => {
    for (const [name, role] of [
      ['Mira', 'manager'],
      ['Asha', 'cashier'],
    ] as const)
      await cashiersOf(relay).add('Main', name, role, '471100')
    await writeFile(world.path('pin'), '471100\n')
    await jsonHere(['terminal', 'sync', '--data', manager])
    const by = (name: string): string[] => ['--by', name, '--pin-file', world.path('pin')]
    expect(await runHere(set(manager, 'TEA', 'tea.png'))).toMatchObject({ code: 4 })
    expect(await runHere([...set(manager, 'TEA', 'tea.png'), ...by('Asha')])).toMatchObject({ code: 4 })
    expect(await runHere([...set(manager, 'TEA', 'tea.png'), ...by('Mira')])).toMatchObject({ code: 0 })
    expect(await runHere(image(manager, 'sync'))).toMatchObject({ code: 0 })
    expect(await runHere(image(manager, 'force'))).toMatchObject({ code: 4 })
    expect(await runHere([...image(manager, 'force'), ...by('Asha')])).toMatchObject({ code: 0 })
  })
})
