import { join } from 'node:path'
import type { ImageReceipt, PendingPairings } from '../docs/generated/types.js'
import type { DocumentName } from '../docs/naming.js'
import { validate } from '../docs/validate.js'
import { readImageReceipt } from '../protocol/image-receipt.js'
import type { HashCost } from '../protocol/secret-hash.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import type { DataDirectory } from '../storage/data-directory.js'
import type { Disk } from '../storage/disk.js'
import { DurableStorageAdapter } from '../storage/durable-adapter.js'
import { DurableRepo } from '../storage/durable-repo.js'
import { ensureFolder } from '../storage/folders.js'
import { IndexLog } from '../storage/index-log.js'
import { Access } from './access.js'
import { Arrivals } from './arrivals.js'
import { AuditReads } from './audit-reads.js'
import { Marks } from './books/marks.js'
import type { RelayConfig } from './config.js'
import { Incidents, type Incident } from './incidents.js'
import { openIdentity, type RelayIdentity } from './identity.js'
import { IssuedReceipts } from './issued-receipts.js'
import { Countersignatures } from './log/countersignatures.js'
import { RelayLog } from './log/relay-log.js'
import { Pairings } from './pairing.js'
import { People } from './people.js'
import { Shops } from './shops.js'
import type { Reports } from './watch/reports.js'
import { Tallies } from './watch/tallies.js'
import { Watch } from './watch/watch.js'

/** What the relay says to its operator's log. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface RelayOptions {
  /** Absolute path of the data directory. */
  readonly directory: string
  /** Make the directory when there is none. */
  readonly create: boolean
  readonly config: RelayConfig
  readonly disk: Disk
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
  readonly timeZone: string
  /** What a password costs to check; without it what is right for real ones. */
  readonly passwordCost?: HashCost
  readonly log: Log
}

/** What a relay is made of that comes from its directory. */
export interface RelayParts {
  readonly options: RelayOptions
  readonly directory: DataDirectory
  readonly identity: RelayIdentity
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly issued: IssuedReceipts
  readonly merkleLog: RelayLog
  readonly countersignatures: Countersignatures
  /** Receipts of images, by shop and SHA-256. */
  readonly imageReceipts: IndexLog<ImageReceipt>
  readonly access: Access
  readonly shops: Shops
  readonly pairings: Pairings
  readonly people: People
  readonly incidents: Incidents
  readonly arrivals: Arrivals
  readonly auditReads: AuditReads
  readonly marks: Marks
  readonly reports: Reports
  readonly tallies: Tallies
  /** Set by the relay, once it is there: who is told of what changes. */
  readonly hooks: { terminal: (id: string) => void; incident: (incident: Incident) => void }
  /** Documents that receipts speak of which may not have been counted, or verified, before this relay ended. */
  readonly uncounted: ReadonlySet<string>
  readonly unverified: ReadonlySet<string>
}

/**
 * Reads a relay's directory, which it has locked.
 * @throws DamagedFile, InvalidInput, StorageReadError, StorageWriteError
 */
export async function openParts(directory: DataDirectory, options: RelayOptions): Promise<RelayParts> {
  const { disk, now, random, log, config, timeZone } = options
  const path = (...names: string[]): string => join(options.directory, ...names)
  const identity = await openIdentity(options.directory, disk, random)
  await ensureFolder(disk, path('handoffs'))
  const storage = await DurableStorageAdapter.open({
    directory: path('documents'),
    quarantine: path('quarantine'),
    disk,
    now,
    onDamage: (damage) => log.error({ damage }, 'a damaged chunk was moved to quarantine'),
  })
  const logOptions = (name: string) => ({
    path: path(name),
    quarantine: path('quarantine'),
    disk,
    onDamage: (damage: object) => log.error({ file: name, damage }, 'a damaged line was found'),
  })
  const registry = await IndexLog.open<DocumentName>({
    ...logOptions('documents.log'),
    parse: (value) => {
      validate<DocumentName>('document-name.schema.json', value, 'document name')
      return value
    },
    onUnreadable: (key, error) =>
      log.error({ document: key, error: error.message }, 'documents.log has an unreadable entry'),
  })
  const people = await People.open({
    path: path('people.json'),
    disk,
    now,
    random,
    cost: options.passwordCost,
  })
  const onUnreadable = (name: string) => (line: number, error: Error) =>
    log.error({ file: name, line, error: error.message }, 'a line is unreadable')
  const arrivals = await Arrivals.open({
    ...logOptions('arrivals.log'),
    now,
    onUnreadable: onUnreadable('arrivals.log'),
    onFailure: (error) => log.error({ error: error.message }, 'what arrived could not be noted'),
  })
  const auditReads = await AuditReads.open(now, {
    ...logOptions('reads.log'),
    onUnreadable: onUnreadable('reads.log'),
  })
  const tallies = new Tallies()
  const hooks: RelayParts['hooks'] = { terminal: () => undefined, incident: () => undefined }
  const incidents = await Incidents.open({
    directory: options.directory,
    disk,
    now,
    log,
    onChange: (incident) => hooks.incident(incident),
    onNote: (kind) => tallies.incident(kind),
  })
  const reports = await Watch.openReports(options)
  const marks = await Marks.open(path('marks.json'), disk)
  const uncounted = new Set<string>()
  const unverified = new Set<string>()
  const issued = await IssuedReceipts.open(logOptions('receipts.log'), ({ body }) => {
    for (const { id } of body.documents) {
      if (body.serial > marks.get('counted')) uncounted.add(id)
      if (body.serial > marks.get('verified')) unverified.add(id)
    }
  })
  const { id: relay, signer } = identity
  const merkleLog = await RelayLog.open({
    directory: path('log'),
    quarantine: path('quarantine'),
    disk,
    relay,
    signer,
    log,
  })
  const countersignatures = await Countersignatures.open({
    directory: path('log', 'countersigned'),
    quarantine: path('quarantine'),
    disk,
    log,
  })
  const imageReceipts = await IndexLog.open<ImageReceipt>({
    ...logOptions('image-receipts.log'),
    parse: (value) => readImageReceipt(value, relay, signer.publicKey),
    onUnreadable: (key, error) =>
      log.error({ image: key, error: error.message }, 'image-receipts.log has an unreadable entry'),
  })
  let access: Access | undefined
  const durable = new DurableRepo({
    storage,
    peerId: identity.id,
    sharing: { announce: () => false, access: (peer, document) => access?.access(peer, document) ?? false },
    onSaveFailed: (document, error) =>
      log.error({ document, error: error.message }, 'a document could not be saved; it is tried again'),
    onLoadFailed: (document, error) =>
      log.error({ document, error: error.message }, 'a document could not be read; it is tried again'),
  })
  const shops = new Shops({
    durable,
    registry,
    organisation: identity.organisation,
    config,
    timeZone,
    now,
    random,
    onTerminal: (id) => hooks.terminal(id),
  })
  access = new Access(registry, shops, now)
  await shops.load()
  const pending = (await readChecked(disk, path('pairings.json'))) ?? {}
  validate<PendingPairings>('data-files.schema.json#/$defs/PendingPairings', pending, 'file pairings.json')
  const pairings = new Pairings(new Map(Object.entries(pending)), {
    now: () => now().getTime(),
    random,
    save: (entries) => writeChecked(disk, path('pairings.json'), Object.fromEntries(entries)),
  })
  return {
    options,
    directory,
    identity,
    durable,
    registry,
    issued,
    merkleLog,
    countersignatures,
    imageReceipts,
    access,
    shops,
    pairings,
    people,
    incidents,
    arrivals,
    auditReads,
    marks,
    reports,
    tallies,
    hooks,
    uncounted,
    unverified,
  }
}
