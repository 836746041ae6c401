import assert from 'node:assert/strict'
import fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { StorageAdapterInterface } from '@automerge/automerge-repo'
import { collectGarbage, type FileEvent, inFolder, observe, withFullDisk } from './observe.js'

/** Opens an adapter on a folder, as a process that starts does. Layout: `<2 chars of key[0]>/<rest>/key[1]/…` */
export type Factory = (directory: string) => Promise<StorageAdapterInterface>

export interface ContractCase {
  /** The promise it shows. */
  readonly id: string
  readonly title: string
  /** Rejects when the adapter does not keep the promise. */
  run(factory: Factory): Promise<void>
}

interface Subject {
  /** A folder around the adapter's. */
  readonly outside: string
  readonly directory: string
  readonly adapter: StorageAdapterInterface
  reopen(): Promise<StorageAdapterInterface>
}

const DOCUMENT = '3gKzHjWq8VfYt5NxBdRc'
const OTHER = '3gPq7YtWmXvNbZcLsKdF'

/** Bytes that do not repeat, so that none of them can be lost unseen. */
function bytes(length: number, seed: number): Uint8Array {
  let state = seed + 1
  return Uint8Array.from({ length }, () => (state = (state * 48271) % 2147483647) & 0xff)
}

function incremental(name: string): string[] {
  return [DOCUMENT, 'incremental', name]
}

function pathOf(directory: string, [first = '', ...rest]: string[]): string {
  return join(directory, first.slice(0, 2), first.slice(2), ...rest)
}

async function loaded(adapter: StorageAdapterInterface, key: string[]): Promise<number[] | undefined> {
  const value = await adapter.load(key)
  return value && [...value]
}

async function range(adapter: StorageAdapterInterface, prefix: string[]): Promise<Record<string, number[]>> {
  const chunks = await adapter.loadRange(prefix)
  const entries = chunks.flatMap(({ key, data }): [string, number[]][] =>
    data ? [[key.join(' '), [...data]]] : [],
  )
  assert.equal(new Set(entries.map(([key]) => key)).size, chunks.length, 'a key twice, or without a value')
  return Object.fromEntries(entries)
}

function contractCase(id: string, title: string, check: (subject: Subject) => Promise<void>): ContractCase {
  return {
    id,
    title,
    run: (factory) =>
      inFolder(async (outside) => {
        const directory = join(outside, 'base')
        const reopen = (): Promise<StorageAdapterInterface> => factory(directory)
        await check({ outside, directory, adapter: await reopen(), reopen })
      }),
  }
}

/** Damages one of three chunks and asserts that it is not handed out and the other two are. */
function damageCase(title: string, damage: (stored: Buffer) => Buffer): ContractCase {
  return contractCase('D2', title, async ({ directory, adapter, reopen }) => {
    for (const name of ['a', 'b', 'c']) await adapter.save(incremental(name), bytes(300, name.charCodeAt(0)))
    const path = pathOf(directory, incremental('b'))
    const damaged = damage(await fs.promises.readFile(path))
    await fs.promises.writeFile(path, damaged)
    const later = await reopen()
    assert.deepEqual(await range(later, [DOCUMENT, 'incremental']), {
      [`${DOCUMENT} incremental a`]: [...bytes(300, 97)],
      [`${DOCUMENT} incremental c`]: [...bytes(300, 99)],
    })
    assert.equal(await later.load(incremental('b')), undefined)
  })
}

/** Asserts that the path's content was fsynced under the name it has, or had before it was renamed to it. */
function assertSynced(events: readonly FileEvent[], path: string): void {
  const renamed = events.findLastIndex((event) => event.kind === 'rename' && event.to === path)
  const written = renamed === -1 ? path : events[renamed]?.path
  const write = events.findLastIndex((event) => event.kind === 'write' && event.path === written)
  const sync = events.findLastIndex((event) => event.kind === 'sync' && event.path === written)
  assert.ok(write !== -1 && sync > write, `${path} was not fsynced after it was written`)
  assert.ok(renamed === -1 || sync < renamed, `${path} got its name before its content was fsynced`)
  assertNameSynced(events, path, Math.max(renamed, write))
}

function assertNameSynced(events: readonly FileEvent[], path: string, since: number): void {
  const sync = events.findLastIndex((event) => event.kind === 'sync' && event.path === dirname(path))
  assert.ok(sync > since, `the folder of ${path} was not fsynced`)
}

export const contract: readonly ContractCase[] = [
  contractCase('R1', 'what was saved is loaded, now and after a restart', async ({ adapter, reopen }) => {
    await adapter.save(incremental('a'), bytes(1000, 1))
    await adapter.save(['storage-adapter-id'], bytes(36, 2))
    for (const at of [adapter, await reopen()]) {
      assert.deepEqual(await loaded(at, incremental('a')), [...bytes(1000, 1)])
      assert.deepEqual(await loaded(at, ['storage-adapter-id']), [...bytes(36, 2)])
    }
  }),
  contractCase('R1', 'what is absent is undefined, or an empty range', async ({ adapter }) => {
    assert.equal(await adapter.load(incremental('a')), undefined)
    assert.deepEqual(await adapter.loadRange([DOCUMENT]), [])
  }),
  contractCase('R1', 'an empty value stays an empty value', async ({ adapter, reopen }) => {
    await adapter.save(incremental('a'), new Uint8Array())
    assert.deepEqual(await loaded(await reopen(), incremental('a')), [])
  }),
  contractCase('R1', 'a later save replaces an earlier one', async ({ adapter, reopen }) => {
    await adapter.save(incremental('a'), bytes(50, 1))
    await adapter.save(incremental('a'), bytes(20, 2))
    assert.deepEqual(await loaded(await reopen(), incremental('a')), [...bytes(20, 2)])
  }),
  contractCase('R1', 'a range is what has the same first parts', async ({ adapter }) => {
    await adapter.save([DOCUMENT, 'snapshot', 'a'], bytes(5, 1))
    await adapter.save(incremental('a'), bytes(5, 2))
    await adapter.save([OTHER, 'snapshot', 'a'], bytes(5, 3))
    assert.deepEqual(Object.keys(await range(adapter, [DOCUMENT])).toSorted(), [
      `${DOCUMENT} incremental a`,
      `${DOCUMENT} snapshot a`,
    ])
    assert.deepEqual(Object.keys(await range(adapter, [DOCUMENT, 'snapshot'])), [`${DOCUMENT} snapshot a`])
  }),
  contractCase('R1', 'a range does not take part of a name for the whole', async ({ adapter }) => {
    await adapter.save(incremental('a'), bytes(5, 2))
    assert.deepEqual(await range(adapter, [DOCUMENT, 'inc']), {})
  }),
  contractCase('R1', 'removing works, twice as well', async ({ adapter, reopen }) => {
    await adapter.save(incremental('a'), bytes(5, 1))
    await adapter.save(incremental('b'), bytes(5, 2))
    await adapter.save([OTHER, 'snapshot', 'a'], bytes(5, 3))
    await adapter.remove(incremental('a'))
    await adapter.remove(incremental('a'))
    assert.equal(await adapter.load(incremental('a')), undefined)
    assert.deepEqual(await loaded(adapter, incremental('b')), [...bytes(5, 2)])
    await adapter.removeRange([DOCUMENT])
    await adapter.removeRange([DOCUMENT])
    const later = await reopen()
    assert.deepEqual(await later.loadRange([DOCUMENT]), [])
    assert.deepEqual(Object.keys(await range(later, [OTHER])), [`${OTHER} snapshot a`])
  }),
  contractCase('R1', 'many saves at once, of several documents', async ({ adapter, reopen }) => {
    const keys = [DOCUMENT, OTHER].flatMap((id) => [...'abcdefghij'].map((name) => [id, 'incremental', name]))
    await Promise.all(keys.map((key, index) => adapter.save(key, bytes(200, index))))
    const later = await reopen()
    for (const [index, key] of keys.entries())
      assert.deepEqual(await loaded(later, key), [...bytes(200, index)])
  }),
  contractCase('R1', 'a key that leads out of the folder is refused', async ({ adapter, outside }) => {
    for (const key of [
      ['abc', '..', '..', '..', 'escaped'],
      ['ab../../../escaped'],
      ['abc', '../../../escaped'],
      ['abc', '\0'],
    ]) {
      await assert.rejects(async () => adapter.save(key, bytes(5, 1)))
      await assert.rejects(async () => adapter.load(key))
      await assert.rejects(async () => adapter.loadRange(key))
      await assert.rejects(async () => adapter.remove(key))
      await assert.rejects(async () => adapter.removeRange(key))
    }
    assert.ok(!(await fs.promises.readdir(outside)).includes('escaped'))
  }),
  contractCase('D1', 'content and name are fsynced when a save resolves', async ({ adapter, directory }) => {
    await adapter.save(incremental('a'), bytes(5, 1))
    for (const [name, seed] of [
      ['b', 2],
      ['a', 3],
    ] as const) {
      const events = await observe(() => adapter.save(incremental(name), bytes(5, seed)))
      assertSynced(events, pathOf(directory, incremental(name)))
    }
  }),
  contractCase('D1', 'a new folder is fsynced into those above it', async ({ adapter, directory }) => {
    const events = await observe(() => adapter.save(incremental('a'), bytes(5, 1)))
    for (let path = dirname(pathOf(directory, incremental('a'))); path !== directory; path = dirname(path)) {
      const made = events.findIndex((event) => event.kind === 'mkdir' && event.path === path)
      assertNameSynced(events, path, made)
    }
  }),
  contractCase('D1', 'a removal is fsynced when it resolves', async ({ adapter, directory }) => {
    for (const name of ['a', 'b']) await adapter.save(incremental(name), bytes(5, 1))
    const path = pathOf(directory, incremental('a'))
    const events = await observe(() => adapter.remove(incremental('a')))
    assertNameSynced(
      events,
      path,
      events.findIndex((event) => event.kind === 'unlink'),
    )
    const folder = pathOf(directory, [DOCUMENT])
    assertNameSynced(await observe(() => adapter.removeRange([DOCUMENT])), folder, -1)
  }),
  damageCase('a flipped bit is found', (stored) => {
    const middle = stored.length - 150
    stored.writeUInt8(stored.readUInt8(middle) ^ 1, middle)
    return stored
  }),
  damageCase('a chunk cut short is found', (stored) => stored.subarray(0, -1)),
  damageCase('an empty chunk is found', () => Buffer.alloc(0)),
  damageCase('a chunk with bytes after its end is found', (stored) =>
    Buffer.concat([stored, Buffer.alloc(1)]),
  ),
  damageCase('a chunk of zeros is found', (stored) => Buffer.alloc(stored.length)),
  contractCase('D2', 'no removal destroys damaged bytes', async ({ adapter, directory, outside, reopen }) => {
    for (const name of ['a', 'b']) await adapter.save(incremental(name), bytes(300, 1))
    const path = pathOf(directory, incremental('a'))
    const damaged = (await fs.promises.readFile(path)).subarray(0, -10)
    await fs.promises.writeFile(path, damaged)
    const later = await reopen()
    await later.loadRange([DOCUMENT])
    for (const name of ['a', 'b']) await later.remove(incremental(name))
    await later.removeRange([DOCUMENT])
    const files = await fs.promises.readdir(outside, { recursive: true, withFileTypes: true })
    const contents = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map((file) => fs.promises.readFile(join(file.parentPath, file.name))),
    )
    assert.ok(
      contents.some((content) => content.equals(damaged)),
      'the damaged bytes are gone',
    )
    assert.deepEqual(Object.keys(await range(later, [DOCUMENT])), [`${DOCUMENT} incremental b`])
  }),
  contractCase('D2', 'what is loaded is what the disk holds', async ({ adapter, directory }) => {
    await adapter.save(incremental('a'), bytes(300, 1))
    await fs.promises.unlink(pathOf(directory, incremental('a')))
    assert.equal(await adapter.load(incremental('a')), undefined)
    assert.deepEqual(await adapter.loadRange([DOCUMENT]), [])
  }),
  contractCase('D2', 'a buffer that is used again changes nothing', async ({ adapter }) => {
    const buffer = bytes(300, 1)
    const saving = adapter.save(incremental('a'), buffer)
    buffer.fill(0)
    await saving
    assert.deepEqual(await loaded(adapter, incremental('a')), [...bytes(300, 1)])
  }),
  contractCase('D3', 'a write that stops half-way leaves the old value', async ({ adapter, reopen }) => {
    await adapter.save(incremental('a'), bytes(300, 1))
    await withFullDisk(async () => assert.rejects(adapter.save(incremental('a'), bytes(300, 2))))
    assert.deepEqual(await loaded(await reopen(), incremental('a')), [...bytes(300, 1)])
  }),
  contractCase(
    'D4',
    'a save that failed is not there, and works once there is space',
    async ({ adapter, reopen }) => {
      await withFullDisk(async () =>
        assert.rejects(adapter.save(incremental('a'), bytes(300, 1)), { code: 'ENOSPC' }),
      )
      for (const at of [adapter, await reopen()]) {
        assert.equal(await at.load(incremental('a')), undefined)
        assert.deepEqual(await at.loadRange([DOCUMENT]), [])
      }
      await adapter.save(incremental('a'), bytes(300, 1))
      assert.deepEqual(await loaded(await reopen(), incremental('a')), [...bytes(300, 1)])
    },
  ),
  contractCase('D4', 'what was saved is not kept in memory', async ({ adapter }) => {
    const save = async (index: number): Promise<WeakRef<Uint8Array>> => {
      const value = bytes(2000, index)
      await adapter.save(incremental(`a${index}`), value)
      return new WeakRef(value)
    }
    const saved: WeakRef<Uint8Array>[] = []
    for (let index = 0; index < 20; index++) saved.push(await save(index))
    await collectGarbage()
    assert.equal(saved.filter((value) => value.deref()).length, 0, 'values are still in memory')
  }),
]
