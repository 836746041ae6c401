import { randomInt } from 'node:crypto'
import fs from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { Disk, DiskEntry, DiskFile, DiskStat, OpenMode } from '../../src/storage/disk.js'

export interface Operation {
  /** 0 for the first operation of this disk. */
  readonly index: number
  readonly name: string
  readonly path: string
}

export interface Fault {
  readonly code: string
  /** For an operation that writes: half of the bytes are written before it fails. */
  readonly torn?: boolean
  /** The operation is carried out, and fails nevertheless. */
  readonly done?: boolean
}

/** What `decide` says about the operation at index `at`, and nothing else. */
export function failAt(at: number, fault: Fault): (operation: Operation) => Fault | undefined {
  return ({ index }) => (index === at ? fault : undefined)
}

/** As a process that is killed within operation `at`: nothing happens any more. */
export function dieAt(at: number): (operation: Operation) => Fault | undefined {
  return ({ index }) => (index < at ? undefined : { code: 'KILLED', torn: index === at })
}

/**
 * A fault at every single file operation takes several minutes, so a run takes every fifth one, beginning at another
 * each time. `COUNTERFOIL_EVERY=1` takes them all.
 */
export const EVERY = Number(process.env['COUNTERFOIL_EVERY'] ?? 5)
export const FIRST = randomInt(EVERY)

/** Runs the task with one operation after the other until it did not do that many any more; it resolves to how many it did. */
export async function atEachOperation(task: (at: number) => Promise<number>): Promise<void> {
  let at = FIRST
  while ((await task(at)) > at) at += EVERY
}

class Failure extends Error {
  readonly code: string
  constructor(code: string, { name, path }: Operation) {
    super(`${code}: ${name} ${path}`)
    this.name = 'Failure'
    this.code = code
  }
}

/** A disk whose operations fail as `decide` says; each is counted and noted. */
export class FaultyDisk implements Disk {
  readonly operations: Operation[] = []
  decide: (operation: Operation) => Fault | undefined
  readonly #inner: Disk

  constructor(inner: Disk, decide: (operation: Operation) => Fault | undefined = () => undefined) {
    this.#inner = inner
    this.decide = decide
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.#do('readFile', path, () => this.#inner.readFile(path))
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const file = await this.#do(
      `open ${mode}`,
      path,
      () => this.#inner.open(path, mode),
      undefined,
      (opened) => opened.close(),
    )
    return {
      read: (into, position) => this.#do('read', path, () => file.read(into, position)),
      write: (bytes, position) =>
        this.#do(
          'write',
          path,
          () => file.write(bytes, position),
          () => file.write(bytes.subarray(0, bytes.length >> 1), position),
        ),
      truncate: (length) => this.#do('truncate', path, () => file.truncate(length)),
      sync: () => this.#do('sync', path, () => file.sync()),
      stat: () => this.#do('fstat', path, () => file.stat()),
      tryLock: (mode) => file.tryLock(mode),
      close: async () => {
        // A descriptor does not outlive the process, and must not outlive the test.
        await file.close()
        await this.#do('close', path, async () => undefined)
      },
    }
  }

  stat(path: string): Promise<DiskStat> {
    return this.#do('stat', path, () => this.#inner.stat(path))
  }

  readdir(path: string): Promise<DiskEntry[]> {
    return this.#do('readdir', path, () => this.#inner.readdir(path))
  }

  mkdir(path: string): Promise<void> {
    return this.#do('mkdir', path, () => this.#inner.mkdir(path))
  }

  rmdir(path: string): Promise<void> {
    return this.#do('rmdir', path, () => this.#inner.rmdir(path))
  }

  rename(from: string, to: string): Promise<void> {
    return this.#do('rename', to, () => this.#inner.rename(from, to))
  }

  unlink(path: string): Promise<void> {
    return this.#do('unlink', path, () => this.#inner.unlink(path))
  }

  syncDirectory(path: string): Promise<void> {
    return this.#do('syncDirectory', path, () => this.#inner.syncDirectory(path))
  }

  async #do<T>(
    name: string,
    path: string,
    task: () => Promise<T>,
    half: () => Promise<unknown> = async () => undefined,
    unused: (result: T) => Promise<void> = async () => undefined,
  ): Promise<T> {
    const operation = { index: this.operations.length, name, path }
    this.operations.push(operation)
    const fault = this.decide(operation)
    if (!fault) return task()
    if (fault.torn) await half()
    // Where it could not have been done, the fault is all there is to tell.
    if (fault.done) await task().then(unused, () => undefined)
    throw new Failure(fault.code, operation)
  }
}

interface FileNode {
  readonly kind: 'file'
  synced: Uint8Array
}

interface FolderNode {
  readonly kind: 'folder'
  readonly entries: Map<string, Node>
  synced: Map<string, Node>
}

type Node = FileNode | FolderNode

/**
 * A disk below `root` that remembers what was fsynced. After `crash` the folder holds what a power failure may leave:
 * file contents as of their last fsync, names as of the last fsync of their folder.
 */
export class LossyDisk implements Disk {
  readonly #inner: Disk
  readonly #root: string
  readonly #tree: FolderNode
  readonly #open = new Set<DiskFile>()
  #crashed = false

  private constructor(inner: Disk, root: string, tree: FolderNode) {
    this.#inner = inner
    this.#root = root
    this.#tree = tree
  }

  /** What is below `root` now counts as fsynced. */
  static async over(inner: Disk, root: string): Promise<LossyDisk> {
    return new LossyDisk(inner, root, await readTree(inner, root))
  }

  /**
   * The power fails: everything that was not fsynced is undone, except the names and contents for which `keep` says
   * that the disk happened to have written them. The disk is dead afterwards.
   */
  async crash(keep: (path: string) => boolean = () => false): Promise<void> {
    this.#crashed = true
    for (const file of this.#open) await file.close()
    const present = new Map<Node, Uint8Array>()
    await readContents(this.#inner, this.#root, this.#tree, present)
    for (const name of await fs.readdir(this.#root)) await fs.rm(join(this.#root, name), { recursive: true })
    await this.#rebuild(this.#root, this.#tree, present, keep)
  }

  async #rebuild(
    path: string,
    node: FolderNode,
    present: ReadonlyMap<Node, Uint8Array>,
    keep: (path: string) => boolean,
  ): Promise<void> {
    for (const name of new Set([...node.entries.keys(), ...node.synced.keys()])) {
      const below = join(path, name)
      const [now, before] = [node.entries.get(name), node.synced.get(name)]
      const left = now !== before && keep(below) ? now : before
      if (left?.kind === 'file') {
        const content = keep(`${below} content`) ? present.get(left) : undefined
        await fs.writeFile(below, content ?? left.synced)
      } else if (left) {
        await fs.mkdir(below)
        await this.#rebuild(below, left, present, keep)
      }
    }
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.#alive(() => this.#inner.readFile(path))
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    const file = await this.#alive(() => this.#inner.open(path, mode))
    const folder = this.#folder(dirname(path))
    const found = folder?.entries.get(name(path))
    const node: Node | undefined = folder && (found ?? { kind: 'file', synced: new Uint8Array() })
    if (node) folder?.entries.set(name(path), node)
    const wrapped: DiskFile = {
      read: (into, position) => this.#alive(() => file.read(into, position)),
      write: (bytes, position) => this.#alive(() => file.write(bytes, position)),
      truncate: (length) => this.#alive(() => file.truncate(length)),
      stat: () => this.#alive(() => file.stat()),
      tryLock: (mode) => file.tryLock(mode),
      sync: () =>
        this.#alive(async () => {
          await file.sync()
          if (node?.kind === 'file') node.synced = await readAll(file)
        }),
      close: async () => {
        if (this.#open.delete(file)) await file.close()
      },
    }
    this.#open.add(file)
    return wrapped
  }

  stat(path: string): Promise<DiskStat> {
    return this.#alive(() => this.#inner.stat(path))
  }

  readdir(path: string): Promise<DiskEntry[]> {
    return this.#alive(() => this.#inner.readdir(path))
  }

  async mkdir(path: string): Promise<void> {
    await this.#alive(() => this.#inner.mkdir(path))
    this.#folder(dirname(path))?.entries.set(name(path), {
      kind: 'folder',
      entries: new Map(),
      synced: new Map(),
    })
  }

  async rmdir(path: string): Promise<void> {
    await this.#alive(() => this.#inner.rmdir(path))
    this.#folder(dirname(path))?.entries.delete(name(path))
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#alive(() => this.#inner.rename(from, to))
    const source = this.#folder(dirname(from))
    const node = source?.entries.get(name(from))
    source?.entries.delete(name(from))
    if (node) this.#folder(dirname(to))?.entries.set(name(to), node)
  }

  async unlink(path: string): Promise<void> {
    await this.#alive(() => this.#inner.unlink(path))
    this.#folder(dirname(path))?.entries.delete(name(path))
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#alive(() => this.#inner.syncDirectory(path))
    const folder = this.#folder(path)
    if (folder) folder.synced = new Map(folder.entries)
  }

  async #alive<T>(task: () => Promise<T>): Promise<T> {
    if (this.#crashed) throw new Error('The power has failed')
    return task()
  }

  #folder(path: string): FolderNode | undefined {
    const below = relative(this.#root, path)
    let node: Node | undefined = below.startsWith('..') ? undefined : this.#tree
    for (const part of below.split(sep)) {
      if (part !== '') node = node?.kind === 'folder' ? node.entries.get(part) : undefined
    }
    return node?.kind === 'folder' ? node : undefined
  }
}

function name(path: string): string {
  return path.slice(dirname(path).length + 1)
}

async function readAll(file: DiskFile): Promise<Uint8Array> {
  const bytes = new Uint8Array((await file.stat()).size)
  for (let at = 0, read = 0; at < bytes.length; at += read) {
    read = await file.read(bytes.subarray(at), at)
    if (read === 0) break
  }
  return bytes
}

async function readTree(disk: Disk, path: string): Promise<FolderNode> {
  const entries = new Map<string, Node>()
  for (const { name, kind } of await disk.readdir(path)) {
    const below = join(path, name)
    const node: Node =
      kind === 'folder' ? await readTree(disk, below) : { kind: 'file', synced: await disk.readFile(below) }
    entries.set(name, node)
  }
  return { kind: 'folder', entries, synced: new Map(entries) }
}

async function readContents(
  disk: Disk,
  path: string,
  node: FolderNode,
  contents: Map<Node, Uint8Array>,
): Promise<void> {
  for (const [name, below] of node.entries) {
    if (below.kind === 'file') contents.set(below, await disk.readFile(join(path, name)))
    else await readContents(disk, join(path, name), below, contents)
  }
}
