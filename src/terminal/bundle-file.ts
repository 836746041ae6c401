import { createHash } from 'node:crypto'
import * as A from '@automerge/automerge'
import type { FlatDoc } from '../docs/flat.js'
import type { BundleEntry, BundleManifest, HandoffBundle } from '../docs/generated/types.js'
import { bundleHead, sha256Hex } from '../protocol/bundle.js'
import type { Disk, DiskFile } from '../storage/disk.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { BookChanges } from './book-changes.js'
import type { DayBooks } from './day-books.js'
import type { TerminalIdentity } from './identity.js'
import { headsOf, type LocalDocument } from './local-documents.js'

export interface BundleOptions {
  readonly disk: Disk
  readonly durable: DurableRepo
  readonly books: DayBooks
  readonly changes: BookChanges
  readonly identity: TerminalIdentity
  /** Where the bundle is written, and the documents before their manifest is known. Absolute. */
  readonly path: string
  readonly at: Date
}

/** Bytes copied at a time. */
const COPY_BYTES = 1024 * 1024

/**
 * Writes a bundle of documents to a file, one document in memory at a time, and fsyncs it.
 * @param documents at least one
 * @throws StorageWriteError or the disk's error; what was written of it is overwritten by the next try
 */
export async function writeBundle(
  options: BundleOptions,
  documents: readonly LocalDocument[],
  progress: (done: number) => void,
  signal: AbortSignal,
): Promise<HandoffBundle> {
  const { disk, path, identity, at } = options
  const body = `${path}.body`
  await removeIfThere(disk, path)
  await removeIfThere(disk, body)
  const file = await disk.open(body, 'create')
  try {
    const entries: BundleEntry[] = []
    for (const document of documents) {
      signal.throwIfAborted()
      const entry = await writeDocument(options, file, document)
      if (entry) entries.push(entry)
      progress(entries.length)
    }
    const { terminal, organisation, shop, code, epoch, signer } = identity
    const manifest: BundleManifest = {
      v: 1,
      type: 'bundle',
      organisation,
      shop,
      terminal,
      code,
      epoch,
      at: at.toISOString(),
      documents: entries,
    }
    const written = await assemble(disk, path, bundleHead(manifest, signer), file)
    return { ...written, documents: entries.map(({ id, heads }) => ({ id, heads })) }
  } finally {
    await file.close()
    await removeIfThere(disk, body)
  }
}

async function writeDocument(
  options: BundleOptions,
  file: DiskFile,
  { id, name, heads }: LocalDocument,
): Promise<BundleEntry | undefined> {
  const { durable, books } = options
  // A day book that is not written any more goes as it lies on the disk, at the heads that were noted of it.
  const changes = name.kind === 'daybook' && books.isFrozen(id) ? await options.changes.all(id) : undefined
  if (changes) {
    const saved = Buffer.concat(changes)
    await file.write(saved)
    return { id, name, heads: [...heads], length: saved.length, sha256: sha256Hex(saved) }
  }
  const wasLoaded = durable.repo.handles[id] !== undefined
  const handle = await durable.open<FlatDoc>(id)
  if (!handle) return undefined
  // What is handed off must first be durable here: the journal will speak of these heads.
  await durable.flush(id)
  const saved = A.save(handle.doc())
  const entry = { id, name, heads: [...headsOf(handle)], length: saved.length, sha256: sha256Hex(saved) }
  await file.write(saved)
  if (!wasLoaded) await durable.release(id)
  return entry
}

async function assemble(
  disk: Disk,
  path: string,
  head: Uint8Array,
  body: DiskFile,
): Promise<Pick<HandoffBundle, 'size' | 'sha256'>> {
  const hash = createHash('sha256').update(head)
  const file = await disk.open(path, 'create')
  try {
    await file.write(head)
    let size = head.length
    const buffer = new Uint8Array(COPY_BYTES)
    for (let position = 0; ;) {
      const count = await body.read(buffer, position)
      if (count === 0) break
      const part = buffer.subarray(0, count)
      hash.update(part)
      await file.write(part)
      position += count
      size += count
    }
    await file.sync()
    return { size, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}

export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
