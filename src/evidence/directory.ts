import { join } from 'node:path'
import * as A from '@automerge/automerge'
import type { FlatDoc } from '../docs/flat.js'
import type {
  ExportedShop,
  ExportKeys,
  Exporter,
  RelayIdentityFile,
  SealedEntry,
  TerminalIdentityFile,
  TerminalKey,
} from '../docs/generated/types.js'
import { signerFromPem, type Signer } from '../docs/keys.js'
import type { DocumentName } from '../docs/naming.js'
import type { DayBookName } from '../docs/bundle/record-line.js'
import { receiptLeaf } from '../docs/bundle/log-leaves.js'
import type { SourceBook } from '../docs/bundle/write.js'
import { epochBefore } from '../docs/series.js'
import { readShop, ShopIncomplete } from '../docs/shop.js'
import { validate } from '../docs/validate.js'
import { Refused } from '../protocol/problem.js'
import { readChecked } from '../storage/atomic-file.js'
import { kindOfDirectory } from '../storage/directory-kind.js'
import type { DirectoryKind } from '../storage/data-directory.js'
import type { Disk } from '../storage/disk.js'
import { ABSENT, unless } from '../storage/folders.js'
import { readLog, type LogRead } from './log-read.js'
import { entriesOf, filesOf, storedDocument, type OnDamage } from '../storage/stored-files.js'

/** What a data directory holds for an auditor. Only read, and without its lock: a process may go on using it. */
export interface DirectoryRead {
  readonly kind: DirectoryKind
  readonly by: Exporter
  readonly signer: Signer
  readonly organisation: string
  readonly shops: readonly ExportedShop[]
  readonly keys: ExportKeys
  /** Of the day books: at a terminal of those that are still there, at a relay of all. */
  readonly names: ReadonlyMap<string, DayBookName>
  /** A relay's, as far as it was signed. */
  readonly log: LogRead | undefined
  /** With a log those that are in it: what was given since comes with the next export. */
  receipts(): AsyncIterable<unknown>
  /** By terminal, epoch, day and part. */
  books(): AsyncIterable<SourceBook>
}

export interface DayRange {
  readonly from: string | null
  readonly to: string | null
}

/**
 * @throws Refused `directory-not-found`, DamagedFile, InvalidInput
 * @param onDamage told of what cannot be read, now and later
 */
export async function readDirectory(
  directory: string,
  disk: Disk,
  { from, to }: DayRange,
  onDamage: OnDamage,
): Promise<DirectoryRead> {
  const kind = await kindOfDirectory(directory, disk)
  if (kind === undefined)
    throw new Refused('notFound', 'directory-not-found', `${directory} is no data directory and no export.`)
  const identity = await identityOf(directory, kind, disk)
  // In this order, so that whatever a process adds meanwhile is either not seen, or seen with what it stands on.
  const loose =
    kind === 'terminal' ? await sealedIn(directory, disk, onDamage) : new Map<string, SealedEntry[]>()
  const log = kind === 'relay' ? await readLog(directory, disk, identity.relay, onDamage) : undefined
  const receipts = join(directory, 'receipts.log')
  const receiptBytes = await sizeNow(disk, receipts)
  const names = await namesIn(directory, disk, onDamage)
  const books = [...names]
    .filter((entry): entry is [string, DayBookName] => entry[1].kind === 'daybook')
    .filter(([, { day }]) => (from === null || day >= from) && (to === null || day <= to))
    .sort(([, a], [, b]) => order(a, b))
  const files = new Map<string, string[]>()
  for (const [id] of books.toReversed()) files.set(id, await filesOf(directory, id, disk))
  const isHere = (id: string): boolean => (files.get(id)?.length ?? 0) > 0 || loose.has(id)
  const shops = await shopsIn(directory, names, disk, onDamage)
  return {
    kind,
    ...identity,
    shops: shops.map(({ id, name }) => ({ id, name })),
    keys: { relay: identity.relay, terminals: shops.flatMap(({ keys }) => keys) },
    names: new Map(books.filter(([id]) => kind === 'relay' || isHere(id))),
    log,
    receipts: () => receiptsAmong(entriesOf(receipts, disk, receiptBytes, onDamage), log),
    books: async function* () {
      for (const [id, name] of books) {
        const saved = await storedDocument(directory, id, disk, files.get(id) ?? [], onDamage)
        const sealed = loose
          .get(id)
          ?.map(({ position, record }) => ({ position, stored: new TextEncoder().encode(record) }))
        if (saved || sealed)
          yield { id, name, saved: saved ?? new Uint8Array(0), ...(sealed ? { loose: sealed } : {}) }
      }
    },
  }
}

/** 0 for a log that nothing was written to yet. */
async function sizeNow(disk: Disk, path: string): Promise<number> {
  return (await unless(ABSENT, disk.stat(path)))?.size ?? 0
}

function order(a: DayBookName, b: DayBookName): number {
  if (a.code !== b.code) return a.code < b.code ? -1 : 1
  if (a.epoch !== b.epoch) return epochBefore(a.epoch, b.epoch) ? -1 : 1
  return a.day === b.day ? a.part - b.part : a.day < b.day ? -1 : 1
}

/** A terminal also notes there that a restored relay forgot some; they were given all the same. */
async function* receiptsAmong(
  entries: AsyncIterable<unknown>,
  log: LogRead | undefined,
): AsyncGenerator<unknown> {
  for await (const entry of entries) {
    if (typeof entry === 'object' && entry !== null && 'forgottenAfter' in entry) continue
    if (!log || log.indexOf(receiptLeaf(entry)) !== undefined) yield entry
  }
}

interface Identity extends Pick<DirectoryRead, 'by' | 'signer' | 'organisation'> {
  readonly relay: { readonly id: string; readonly key: string }
}

async function identityOf(directory: string, kind: DirectoryKind, disk: Disk): Promise<Identity> {
  const file = await readChecked(disk, join(directory, `${kind}.json`))
  if (file === undefined)
    throw new Refused('notFound', 'not-paired', `${directory} is a ${kind}’s directory and was never used.`)
  if (kind === 'relay') {
    validate<RelayIdentityFile>('data-files.schema.json#/$defs/RelayIdentityFile', file, 'file relay.json')
    const signer = signerFromPem(file.privateKey)
    const { id, organisation } = file
    return {
      by: { relay: id, key: signer.publicKey },
      signer,
      organisation,
      relay: { id, key: signer.publicKey },
    }
  }
  validate<TerminalIdentityFile>(
    'data-files.schema.json#/$defs/TerminalIdentityFile',
    file,
    'file terminal.json',
  )
  const signer = signerFromPem(file.privateKey)
  const { terminal, organisation, relay, relayKey } = file
  return {
    by: { terminal, key: signer.publicKey },
    signer,
    organisation,
    relay: { id: relay, key: relayKey },
  }
}

async function sealedIn(
  directory: string,
  disk: Disk,
  onDamage: OnDamage,
): Promise<Map<string, SealedEntry[]>> {
  const path = join(directory, 'sealed.log')
  const found = new Map<string, SealedEntry[]>()
  for await (const entry of entriesOf(path, disk, await sizeNow(disk, path), onDamage)) {
    validate<SealedEntry>('data-files.schema.json#/$defs/SealedEntry', entry, 'line of sealed.log')
    found.set(entry.book, [...(found.get(entry.book) ?? []), entry])
  }
  return found
}

async function namesIn(
  directory: string,
  disk: Disk,
  onDamage: OnDamage,
): Promise<Map<string, DocumentName>> {
  const path = join(directory, 'documents.log')
  const names = new Map<string, DocumentName>()
  for await (const entry of entriesOf(path, disk, await sizeNow(disk, path), onDamage)) {
    const { key, value } = entry as { readonly key: string; readonly value: unknown }
    if (value === null) names.delete(key)
    else {
      validate<DocumentName>('document-name.schema.json', value, `name of document ${key}`)
      names.set(key, value)
    }
  }
  return names
}

async function shopsIn(
  directory: string,
  names: ReadonlyMap<string, DocumentName>,
  disk: Disk,
  onDamage: OnDamage,
): Promise<(ExportedShop & { readonly keys: TerminalKey[] })[]> {
  const shops: (ExportedShop & { readonly keys: TerminalKey[] })[] = []
  for (const [id, { kind }] of names) {
    if (kind !== 'shop') continue
    const saved = await storedDocument(directory, id, disk, await filesOf(directory, id, disk), onDamage)
    if (!saved) continue
    try {
      const shop = readShop(A.loadIncremental(A.init<FlatDoc>(), saved))
      const keys = [...shop.terminals.values()].flatMap(({ id: terminal, code, keys: known }) =>
        [...known].map(([epoch, key]) => ({ terminal, code, epoch, key })),
      )
      shops.push({ id: shop.id, name: shop.name, keys })
    } catch (error) {
      if (!(error instanceof ShopIncomplete)) throw error
    }
  }
  return shops
}
