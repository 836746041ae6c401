import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeDisk } from '../../src/storage/disk.js'
import { LookupLog } from '../../src/storage/lookup-log.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'counterfoil-test-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

interface Entry {
  readonly key: string
  readonly n: number
  readonly text?: string
}

function open(name: string): Promise<LookupLog<Entry>> {
  return LookupLog.open<Entry>({
    path: join(root, name),
    quarantine: join(root, 'quarantine'),
    disk: nodeDisk,
    parse: (entry) => entry as Entry,
    keysOf: ({ key }) => [key],
    onUnreadable: () => undefined,
  })
}

async function numbers(log: LookupLog<Entry>, key: string, from = 0, to?: number): Promise<number[]> {
  const found: number[] = []
  for await (const { n } of log.of(key, from, to)) found.push(n)
  return found
}

test('entries are found by key, those of this run and of earlier ones, also long ones', async () => {
  const log = await open('found.log')
  const long = 'x'.repeat(200_000)
  await Promise.all(
    Array.from({ length: 300 }, (_, n) =>
      log.add([{ key: n % 3 === 0 ? 'a' : 'b', n, ...(n === 150 ? { text: long } : {}) }]),
    ),
  )
  const of = (key: string): number[] =>
    Array.from({ length: 300 }, (_, n) => n).filter((n) => (n % 3 === 0) === (key === 'a'))
  expect(await numbers(log, 'a')).toEqual(of('a'))
  await log.close()
  const again = await open('found.log')
  await again.add([
    { key: 'a', n: 300 },
    { key: 'b', n: 301 },
  ])
  expect(await numbers(again, 'a')).toEqual([...of('a'), 300])
  expect(await numbers(again, 'b')).toEqual([...of('b'), 301])
  expect(await numbers(again, 'b', 198)).toEqual([of('b')[198], of('b')[199], 301])
  expect(await numbers(again, 'b', 1, 3)).toEqual([of('b')[1], of('b')[2]])
  expect(await numbers(again, 'c')).toEqual([])
  expect(again.count('a')).toBe(101)
  await again.close()
})

test('D2 a line that was damaged since is left out, its neighbours are read', async () => {
  const path = join(root, 'damaged.log')
  const log = await open('damaged.log')
  for (const n of [1, 2, 3]) await log.add([{ key: 'a', n }])
  await writeFile(path, (await readFile(path, 'utf8')).replace('"n":2', '"n":7'))
  expect(await numbers(log, 'a')).toEqual([1, 3])
  await log.close()
})
