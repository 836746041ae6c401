import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { DocHandle } from '@automerge/automerge-repo'
import * as A from '@automerge/automerge'
import type { FlatDoc } from '../docs/flat.js'
import type {
  DocumentHeads,
  HandoffRequest,
  HandoffStatus,
  HandoffTaken,
  Refusal,
} from '../docs/generated/types.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { validate } from '../docs/validate.js'
import { BadBundle, readBundle, type BundleEntry } from '../protocol/bundle.js'
import { Refused } from '../protocol/problem.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import { Queues } from '../storage/queues.js'
import type { Access } from './access.js'
import type { BookTaking } from './books/taking.js'
import type { Gate } from './gate/gate.js'
import type { Custody } from './custody.js'
import type { Identity } from './sessions.js'
import type { Shops } from './shops.js'

export interface HandoffsOptions {
  /** Absolute path of the folder uploads lie in. */
  readonly directory: string
  readonly disk: Disk
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly shops: Shops
  readonly access: Access
  readonly gate: Gate
  readonly books: BookTaking
  readonly custody: Custody
}

/** Documents of a bundle that are checked side by side. */
const AT_ONCE = 4
/** Bytes read from an uploaded bundle at a time. */
const READ_BYTES = 1024 * 1024

/**
 * Takes bundles. An upload grows part by part on the disk and can go on where it was cut; when it is whole, its
 * documents are merged one by one and receipts are given for those that could be taken. Each step may be repeated.
 */
export class Handoffs {
  readonly #options: HandoffsOptions
  readonly #queue = new Queues()

  constructor(options: HandoffsOptions) {
    this.#options = options
  }

  #paths(identity: Identity, id: string) {
    const base = join(this.#options.directory, `${identity.terminal}-${id}`)
    return { request: `${base}.json`, part: `${base}.part`, taken: `${base}.taken.json` }
  }

  /** Begins an upload, or tells how far it has come. */
  begin(identity: Identity, id: string, wanted: HandoffRequest): Promise<HandoffStatus> {
    return this.#queue.run(id, async () => {
      const { request, taken } = this.#paths(identity, id)
      if ((await readChecked(this.#options.disk, taken)) !== undefined)
        return { offset: wanted.size, size: wanted.size }
      const known = await readChecked(this.#options.disk, request)
      if (known === undefined) {
        await writeChecked(this.#options.disk, request, wanted)
      } else {
        validate<HandoffRequest>('relay-api.schema.json#/$defs/HandoffRequest', known, 'stored handoff')
        if (known.size !== wanted.size || known.sha256 !== wanted.sha256) {
          throw new Refused(
            'conflict',
            'other-bundle',
            `Handoff ${id} was begun with another bundle. Start a new one.`,
          )
        }
      }
      return { offset: await this.#received(identity, id), size: wanted.size }
    })
  }

  async #request(identity: Identity, id: string): Promise<HandoffRequest> {
    const known = await readChecked(this.#options.disk, this.#paths(identity, id).request)
    if (known === undefined)
      throw new Refused('notFound', 'unknown-handoff', `There is no handoff ${id}. Begin it first.`)
    validate<HandoffRequest>('relay-api.schema.json#/$defs/HandoffRequest', known, 'stored handoff')
    return known
  }

  async #received(identity: Identity, id: string): Promise<number> {
    try {
      return (await this.#options.disk.stat(this.#paths(identity, id).part)).size
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw error
    }
  }

  /**
   * Adds a part at `offset` and fsyncs it.
   * @throws Refused `wrong-offset` with the offset to go on from
   */
  append(identity: Identity, id: string, offset: number, part: Uint8Array): Promise<HandoffStatus> {
    return this.#queue.run(id, async () => {
      const { size } = await this.#request(identity, id)
      const { disk } = this.#options
      const file = await disk.open(this.#paths(identity, id).part, 'append')
      try {
        const have = (await file.stat()).size
        if (offset !== have) {
          throw new Refused('conflict', 'wrong-offset', `The upload goes on at byte ${have}.`, {
            offset: have,
          })
        }
        if (have + part.length > size)
          throw new Refused('invalid', 'too-long', `The bundle was announced with ${size} bytes.`)
        try {
          await file.write(part)
          await file.sync()
        } catch (error) {
          await file.truncate(have)
          throw new Refused(
            'storage',
            'storage-failed',
            `The relay could not store the upload: ${(error as Error).message}. It goes on at byte ${have} when there is space.`,
          )
        }
        if (have === 0) await disk.syncDirectory(this.#options.directory)
        return { offset: have + part.length, size }
      } finally {
        await file.close()
      }
    })
  }

  /** Merges a whole upload and gives the receipts. Asked again, it gives the same receipts again. */
  take(
    identity: Identity,
    id: string,
    progress: (done: number, total: number) => void,
  ): Promise<HandoffTaken> {
    return this.#queue.run(id, async () => {
      const { disk } = this.#options
      const paths = this.#paths(identity, id)
      const earlier = await readChecked(disk, paths.taken)
      if (earlier !== undefined) {
        validate<HandoffTaken>('relay-api.schema.json#/$defs/HandoffTaken', earlier, 'stored handoff')
        return earlier
      }
      const { size, sha256 } = await this.#request(identity, id)
      const have = await this.#received(identity, id)
      if (have !== size)
        throw new Refused(
          'conflict',
          'incomplete',
          `The upload is not complete: it goes on at byte ${have}.`,
          { offset: have },
        )
      const result = await this.#merge(identity, paths.part, sha256, progress).catch(
        async (error: unknown) => {
          if (!(error instanceof BadBundle)) throw error
          // These bytes will never be a bundle; the terminal makes a new one.
          await this.#remove([paths.part, paths.request])
          throw new Refused('invalid', 'bad-bundle', error.message)
        },
      )
      await writeChecked(disk, paths.taken, result)
      await this.#remove([paths.part, paths.request])
      return result
    })
  }

  async #merge(
    identity: Identity,
    path: string,
    sha256: string,
    progress: (done: number, total: number) => void,
  ): Promise<HandoffTaken> {
    const { shops, custody } = this.#options
    const hash = createHash('sha256')
    const refusals = new Map<string, Omit<Refusal, 'id'>>()
    let done = 0
    const takeOne = async (entry: BundleEntry, saved: Uint8Array): Promise<void> => {
      const refusal = await this.#takeOne(identity, entry, saved)
      if (refusal) refusals.set(entry.id, refusal)
      done += saved.length
      progress(done, 0)
    }
    const tasks: Promise<void>[] = []
    const running = new Set<Promise<void>>()
    const manifest = await readBundle(
      this.#read(path, hash),
      (terminal, epoch) => (terminal === identity.terminal ? shops.keyOf(terminal, epoch) : undefined),
      async (entry, saved) => {
        const task = takeOne(entry, saved)
        tasks.push(task)
        running.add(task)
        const ended = (): void => void running.delete(task)
        task.then(ended, ended)
        if (running.size >= AT_ONCE) await Promise.race(running)
      },
    ).finally(() => Promise.allSettled(tasks))
    await Promise.all(tasks)
    if (hash.digest('hex') !== sha256) throw new BadBundle('its SHA-256 is not the announced one')
    const held: DocumentHeads[] = []
    const refused: Refusal[] = []
    for (const { id, heads } of manifest.documents) {
      const refusal = refusals.get(id)
      if (refusal) refused.push({ id, ...refusal })
      else held.push({ id, heads })
    }
    return { receipts: await custody.issue(identity.terminal, held), refused }
  }

  /** @returns why the document was not taken; undefined when it is held at the heads the manifest names */
  async #takeOne(
    identity: Identity,
    { id, name, heads }: BundleEntry,
    saved: Uint8Array,
  ): Promise<Omit<Refusal, 'id'> | undefined> {
    const { access, registry, gate, durable, custody, books } = this.#options
    const documentId = id as DocumentId
    if (name.kind === 'daybook' && access.mayWrite(identity, name))
      return books.takeSaved(identity, { name, heads, changes: saved })
    if (!access.mayRead(identity, name))
      return { reason: 'it is not of this shop, or another terminal writes it' }
    if (access.mayWrite(identity, name)) {
      const fault = await gate.faultOfSaved(identity.terminal, documentId, name, saved)
      if (fault) return fault
      if (!registry.has(id)) await registry.set(id, name)
      await durable.merge(documentId, saved)
    }
    // What the terminal may only read came from here; the relay vouches for it if it still has those heads.
    const handle = (await durable.open<FlatDoc>(documentId)) as DocHandle<FlatDoc> | undefined
    if (!handle || !A.hasHeads(handle.doc(), heads))
      return { reason: 'the relay does not hold it at these heads' }
    await custody.settle(name, handle)
    return undefined
  }

  async *#read(path: string, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
    const file = await this.#options.disk.open(path, 'read')
    try {
      for (let position = 0; ;) {
        const chunk = new Uint8Array(READ_BYTES)
        const count = await file.read(chunk, position)
        if (count === 0) return
        position += count
        hash.update(chunk.subarray(0, count))
        yield chunk.subarray(0, count)
      }
    } finally {
      await file.close()
    }
  }

  async #remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await this.#options.disk.unlink(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    }
    await this.#options.disk.syncDirectory(this.#options.directory)
  }
}
