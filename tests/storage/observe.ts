import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import v8 from 'node:v8'
import vm from 'node:vm'

/** What reached the operating system, in order. */
export type FileEvent =
  | { readonly kind: 'write' | 'sync' | 'mkdir' | 'unlink' | 'rmdir'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }

type FileHandle = fs.promises.FileHandle

/**
 * Notes what goes through `fs.promises` while the task runs, whoever calls it. What `fs.promises.writeFile` does
 * inside is one `write`: it never fsyncs.
 */
export async function observe(task: () => Promise<void>): Promise<FileEvent[]> {
  const events: FileEvent[] = []
  const paths = new WeakMap<FileHandle, string>()
  const prototype = await handlePrototype()
  const original = { ...fs.promises }
  const { sync, datasync, write } = prototype
  const note = (kind: 'write' | 'sync', handle: FileHandle): void => {
    const path = paths.get(handle)
    if (path !== undefined) events.push({ kind, path })
  }
  // Noted when they have succeeded: an fsync that was only begun promises nothing.
  prototype.sync = async function () {
    await sync.call(this)
    note('sync', this)
  }
  prototype.datasync = async function () {
    await datasync.call(this)
    note('sync', this)
  }
  prototype.write = async function (this: FileHandle, ...args: unknown[]) {
    const result: unknown = await Reflect.apply(write, this, args)
    note('write', this)
    return result
  } as FileHandle['write']
  Object.assign(fs.promises, {
    open: async (...args: Parameters<typeof fs.promises.open>) => {
      const handle = await original.open(...args)
      paths.set(handle, String(args[0]))
      return handle
    },
    ...Object.fromEntries(
      (['writeFile', 'mkdir', 'unlink', 'rmdir', 'rename'] as const).map((name) => [
        name,
        async (path: string, ...rest: unknown[]) => {
          const result: unknown = await Reflect.apply(original[name], fs.promises, [path, ...rest])
          if (name === 'rename') events.push({ kind: name, path, to: String(rest[0]) })
          else events.push({ kind: name === 'writeFile' ? 'write' : name, path })
          return result
        },
      ]),
    ),
  })
  try {
    await task()
  } finally {
    Object.assign(fs.promises, original)
    Object.assign(prototype, { sync, datasync, write })
  }
  return events
}

/** Half of each write arrives, and then the disk is full, while the task runs. */
export async function withFullDisk(task: () => Promise<void>): Promise<void> {
  const prototype = await handlePrototype()
  const { writeFile } = fs.promises
  const { write } = prototype
  const full = (): Error => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  prototype.write = async function (this: FileHandle, bytes: Uint8Array) {
    await Reflect.apply(write, this, [bytes.subarray(0, bytes.length >> 1)])
    throw full()
  } as unknown as FileHandle['write']
  fs.promises.writeFile = async (path, data) => {
    const bytes = data as Uint8Array
    await writeFile(path, bytes.subarray(0, bytes.length >> 1))
    throw full()
  }
  try {
    await task()
  } finally {
    Object.assign(prototype, { write })
    Object.assign(fs.promises, { writeFile })
  }
}

async function handlePrototype(): Promise<FileHandle> {
  const handle = await fs.promises.open(tmpdir(), 'r')
  try {
    return Object.getPrototypeOf(handle) as FileHandle
  } finally {
    await handle.close()
  }
}

/** Runs the task with the path of a new, empty folder, and removes it afterwards. */
export async function inFolder<T>(task: (folder: string) => Promise<T>): Promise<T> {
  const folder = await fs.promises.mkdtemp(join(tmpdir(), 'counterfoil-'))
  try {
    return await task(folder)
  } finally {
    await fs.promises.rm(folder, { recursive: true, force: true })
  }
}

export async function collectGarbage(): Promise<void> {
  v8.setFlagsFromString('--expose-gc')
  const gc: unknown = vm.runInNewContext('gc')
  if (typeof gc !== 'function') throw new Error('no garbage collector')
  // What an await still holds is let go in a later turn.
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
}
