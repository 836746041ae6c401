import { join } from 'node:path'
import type { BookEntry, ImageReceipt } from '../docs/generated/types.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { validate } from '../docs/validate.js'
import { Refused } from '../protocol/problem.js'
import { checkImageReceipt } from '../protocol/image-receipt.js'
import { DataDirectory } from '../storage/data-directory.js'
import { DurableStorageAdapter } from '../storage/durable-adapter.js'
import { DurableRepo } from '../storage/durable-repo.js'
import { ImageStore } from '../storage/image-store.js'
import { IndexLog } from '../storage/index-log.js'
import { Bookkeeping } from './bookkeeping.js'
import type { Log, Outside } from './context.js'
import { readIdentity, type TerminalIdentity } from './identity.js'
import { readCheckpoint } from './chain-start.js'
import { Checkpoints } from './checkpoints.js'
import { ExternalRefs } from './external-refs.js'
import { Ledger } from './ledger.js'
import { SealJournal } from './seal-journal.js'
import { SharedRegister } from './shared-register.js'

export interface OpenDiskOptions {
  /** Absolute path of the data directory. */
  readonly directory: string
  readonly outside: Outside
  readonly log: Log
  /** Told whether saving in the background works. */
  readonly onSaved: (failure: string | undefined) => void
}

/** A terminal's data directory, opened: everything that lies on its disk. */
export interface TerminalDisk {
  readonly directory: DataDirectory
  readonly identity: TerminalIdentity
  readonly durable: DurableRepo
  readonly register: SharedRegister
  readonly names: IndexLog<DocumentName>
  readonly entries: IndexLog<BookEntry>
  readonly ledger: Ledger
  readonly checkpoints: Checkpoints
  readonly journal: SealJournal
  readonly refs: ExternalRefs
  readonly bookkeeping: Bookkeeping
  readonly images: ImageStore
  readonly imageReceipts: IndexLog<ImageReceipt>
  close(): Promise<void>
}

/**
 * Locks and opens a terminal's directory.
 * @throws DirectoryInUse, DirectoryNewer, DirectoryWrongKind, DirectoryNotFound, DamagedFile, Refused `not-paired-yet`
 */
export async function openDisk(options: OpenDiskOptions): Promise<TerminalDisk> {
  const { disk, now } = options.outside
  const directory = await DataDirectory.open({
    directory: options.directory,
    kind: 'terminal',
    create: false,
    disk,
    now,
  })
  try {
    return await openParts(options, directory)
  } catch (error) {
    await directory.release()
    throw error
  }
}

async function openParts(options: OpenDiskOptions, directory: DataDirectory): Promise<TerminalDisk> {
  const { outside, log, onSaved } = options
  const { disk, now } = outside
  const path = (name: string): string => join(options.directory, name)
  const identity = await readIdentity(options.directory, disk)
  if (!identity) {
    throw new Refused(
      'notFound',
      'not-paired-yet',
      `${options.directory} holds no terminal yet. Pair it: counterfoil terminal pair --data ${options.directory} --relay URL --code CODE`,
    )
  }
  const logOf = (name: string) => ({
    path: path(name),
    quarantine: path('quarantine'),
    disk,
    onDamage: (damage: object) => log.error({ file: name, damage }, 'a damaged line was found'),
    onUnreadable: (key: string, error: Error) =>
      log.error({ file: name, key, error: error.message }, 'an entry is unreadable'),
  })
  const storage = await DurableStorageAdapter.open({
    directory: path('documents'),
    quarantine: path('quarantine'),
    disk,
    now,
    onDamage: (damage) => log.error({ damage }, 'a damaged file was moved to quarantine'),
  })
  const names = await IndexLog.open<DocumentName>({ ...logOf('documents.log'), parse: parseName })
  const entries = await IndexLog.open<BookEntry>({ ...logOf('books.log'), parse: parseEntry })
  const checkpoints = await Checkpoints.open({
    directory: options.directory,
    disk,
    now,
    relay: identity.relay,
    relayKey: identity.relayKey,
    log,
  })
  const ledger = await Ledger.open({
    ...logOf('receipts.log'),
    onReceipt: (receipt) => checkpoints.remember(receipt),
    onForgotten: (after) => checkpoints.forget(after),
    expected: { relay: identity.relay, relayKey: identity.relayKey, terminal: identity.terminal },
    onBadReceipt: (error) => log.error({ error: error.message }, 'a receipt on this disk does not verify'),
  })
  const journal = await SealJournal.open({
    directory: options.directory,
    quarantine: path('quarantine'),
    disk,
    onDamage: logOf('sealed.log').onDamage,
    onUnreadable: (error) => logOf('sealed.log').onUnreadable('?', error),
  })
  const refs = new ExternalRefs({
    folder: path('refs'),
    quarantine: path('quarantine'),
    disk,
    mark: (await readCheckpoint(options.directory, disk))?.refs,
    onDamage: logOf('refs').onDamage,
  })
  const images = await ImageStore.open({
    directory: path('images'),
    quarantine: path('quarantine'),
    disk,
    onDamage: (damage) => log.error({ damage }, 'a damaged image was moved to quarantine'),
  })
  const { relay, relayKey, shop } = identity
  const imageReceipts = await IndexLog.open<ImageReceipt>({
    ...logOf('image-receipts.log'),
    parse: (value) => checkImageReceipt(value, { relay, relayKey, shop }),
  })
  const register = new SharedRegister()
  const durable = new DurableRepo({
    storage,
    peerId: identity.terminal,
    sharing: register,
    onSaveFailed: (document: DocumentId, error: Error) => {
      log.error({ document, error: error.message }, 'a document could not be saved; it is tried again')
      onSaved(error.message)
    },
    onSaveRecovered: () => onSaved(undefined),
    onLoadFailed: (document, error) =>
      log.error({ document, error: error.message }, 'a document could not be read; it is tried again'),
  })
  register.onChange(() => durable.repo.shareConfigChanged())
  return {
    directory,
    identity,
    durable,
    register,
    names,
    entries,
    ledger,
    checkpoints,
    journal,
    refs,
    bookkeeping: await Bookkeeping.open(options.directory, disk),
    images,
    imageReceipts,
    close: async () => {
      await durable.close()
      for (const file of [names, entries, ledger, checkpoints, journal, refs, imageReceipts])
        await file.close()
      await directory.release()
    },
  }
}

function parseName(value: unknown): DocumentName {
  validate<DocumentName>('document-name.schema.json', value, 'document name')
  return value
}

function parseEntry(value: unknown): BookEntry {
  validate<BookEntry>('data-files.schema.json#/$defs/BookEntry', value, 'entry of a day book')
  return value
}
