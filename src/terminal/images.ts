import type {
  ImageCount,
  ImageFigures,
  ImageForceResult,
  ImageReceipt,
  ImageSyncResult,
} from '../docs/generated/types.js'
import { sniffImage, NotAnImage, type Sniffed } from '../docs/image-type.js'
import { imagesIn, nameImage, type ImageFacts } from '../docs/images.js'
import { Refused } from '../protocol/problem.js'
import type { Told } from '../protocol/told.js'
import { within } from '../protocol/within.js'
import { WrongBytes, type ImageStore } from '../storage/image-store.js'
import type { IndexLog } from '../storage/index-log.js'
import type { Bookkeeping } from './bookkeeping.js'
import { cancelled } from './cancelled.js'
import type { Catalogue, EditRights } from './catalogue.js'
import type { Log, Outside } from './context.js'
import type { NotTaken } from './exchange.js'
import type { TerminalIdentity } from './identity.js'
import { ImageTransfer } from './image-transfer.js'
import type { Link } from './link.js'
import type { RelaySession } from './relay-session.js'
import type { SharedDocuments } from './shared-documents.js'

/** Bytes of images a terminal keeps: some thousand pictures of items, and little beside the disk of a till. */
export const IMAGE_CACHE_BYTES = 128 * 1024 * 1024
/** A page waits for a picture that has to be fetched. Milliseconds. */
const SHOW_MS = 15_000

export interface ImagesOptions {
  readonly outside: Outside
  readonly identity: () => TerminalIdentity
  readonly store: ImageStore
  readonly receipts: IndexLog<ImageReceipt>
  readonly documents: SharedDocuments
  readonly catalogue: Catalogue
  readonly link: Link
  readonly bookkeeping: Bookkeeping
  /** Exchanges the documents, which say which images there are. */
  readonly syncData: (signal: AbortSignal) => Promise<unknown>
  readonly onProgress: (event: ImageProgress) => void
  /** Something of the figures has changed. */
  readonly onChange: () => void
  readonly log: Log
  /** Bytes kept at most. */
  readonly cacheBytes?: number
}

export interface ImageProgress {
  readonly phase: 'uploading' | 'downloading' | 'clearing'
  readonly done: number
  readonly total: number
  readonly unit: 'bytes'
}

/** The images of this terminal: kept in a bounded cache, named in a document, and handed to the relay for receipts. */
export class Images {
  readonly #options: ImagesOptions
  readonly #transfer: ImageTransfer
  readonly #fetching = new Map<string, Promise<void>>()
  readonly #stopped = new AbortController()
  #running: AbortController | undefined
  #sending: Promise<void> | undefined
  #progress: ((event: ImageProgress) => void) | undefined

  constructor(options: ImagesOptions) {
    this.#options = options
    this.#transfer = new ImageTransfer(options)
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  figures(): ImageFigures {
    const { store, receipts, bookkeeping } = this.#options
    const here = store.entries()
    return {
      here: figureOf(here),
      unreceipted: figureOf(here.filter(([sha256]) => !receipts.has(sha256))),
      cacheLimitBytes: this.#limit,
      lastSync: bookkeeping.file.imagesSynced ?? null,
    }
  }

  /** What the catalogue shows and is not here. */
  async wanted(): Promise<ImageCount> {
    return figureOf(await this.#wanted())
  }

  get #limit(): number {
    return this.#options.cacheBytes ?? IMAGE_CACHE_BYTES
  }

  async #named(): Promise<ReadonlyMap<string, ImageFacts>> {
    const { documents, identity } = this.#options
    const doc = await documents.look({ kind: 'images', shop: identity().shop })
    return doc ? imagesIn(doc) : new Map()
  }

  async #wanted(): Promise<(readonly [string, number])[]> {
    const { store, catalogue } = this.#options
    const named = await this.#named()
    const wanted = new Map<string, number>()
    for await (const { image } of catalogue.all()) {
      const facts = image === undefined || store.size(image) !== undefined ? undefined : named.get(image)
      if (image !== undefined && facts) wanted.set(image, facts.bytes)
    }
    return [...wanted]
  }

  /**
   * Gives an item a picture.
   * @throws Refused `not-an-image`, `managers-only`, `disconnected`, `unknown-sku`; StorageWriteError
   */
  async set(
    by: string,
    sku: string,
    bytes: Uint8Array,
    rights: EditRights = {},
  ): Promise<Sniffed & { readonly sha256: string }> {
    const { store, documents, identity, catalogue } = this.#options
    const sniffed = sniff(bytes)
    catalogue.mayEdit(rights)
    await catalogue.item(sku)
    const sha256 = await store.put(bytes)
    // Named before an item shows it, so that nobody looks for what is nowhere.
    await documents.change({ kind: 'images', shop: identity().shop }, by, 'add image', (draft, before) =>
      nameImage(draft, before, sha256, sniffed),
    )
    await catalogue.edit(by, 'set image', [{ sku, image: sha256 }], rights)
    await this.#evict()
    this.#options.onChange()
    return { ...sniffed, sha256 }
  }

  /**
   * The bytes of an image: from this disk, or fetched when it is first shown.
   * @throws Refused `image-not-here`
   */
  async show(sha256: string): Promise<{ bytes: Uint8Array; type: string }> {
    const { store, onChange } = this.#options
    const before = store.damage().length
    if (store.size(sha256) === undefined) await this.#fetchOnce(sha256)
    const bytes = await store.read(sha256)
    if (store.damage().length !== before) onChange()
    if (!bytes) throw notHere(sha256)
    store.touch(sha256)
    return { bytes, type: sniff(bytes).type }
  }

  /** A page shows many at once, and one of them twice. */
  async #fetchOnce(sha256: string): Promise<void> {
    const { link, bookkeeping } = this.#options
    const facts = (await this.#named()).get(sha256)
    // A picture is no reason to connect where a person chose not to be.
    if (!facts || bookkeeping.mode !== 'online') throw notHere(sha256)
    let fetching = this.#fetching.get(sha256)
    if (!fetching) {
      fetching = within(SHOW_MS, [this.#stopped.signal], async (signal) => {
        await link.use(
          (session) => this.#transfer.fetch(session, sha256, facts.bytes, () => undefined, signal),
          signal,
        )
        await this.#evict(sha256)
      }).finally(() => this.#fetching.delete(sha256))
      this.#fetching.set(sha256, fetching)
    }
    await fetching.catch((error: unknown) => {
      this.#options.log.warn({ sha256, error: (error as Error).message }, 'an image could not be fetched')
    })
  }

  /** *Sync Images to Server Now*: both ways. */
  sync(signal?: AbortSignal, progress?: (event: ImageProgress) => void): Promise<Told<ImageSyncResult>> {
    return this.#exclusively(signal, progress, async (stop) => {
      await this.#options.syncData(stop)
      return this.#options.link.use(async (session) => {
        const sent = await this.#upload(session, this.#hashes(), stop)
        const came = await this.#download(session, stop)
        return {
          uploaded: sent.count,
          downloaded: came.count,
          bytes: sent.bytes + came.bytes,
          receipted: sent.receipted,
          notTaken: [...sent.notTaken, ...came.notTaken],
          complete: sent.notTaken.length === 0 && came.notTaken.length === 0,
          relayBehind: sent.lost > 0,
        }
      }, stop)
    })
  }

  /**
   * *Force Complete Sync Images*: uploads, and then clears exactly what a verified receipt covers and the relay said now
   * that it has (P1): a receipt says nothing of a relay that was restored since.
   */
  force(signal?: AbortSignal, progress?: (event: ImageProgress) => void): Promise<Told<ImageForceResult>> {
    return this.#exclusively(signal, progress, async (stop) => {
      const { store, receipts, link } = this.#options
      await this.#options.syncData(stop)
      const sent = await link.use((session) => this.#upload(session, this.#hashes(), stop), stop)
      const { count, receipted, vouched, lost, notTaken } = sent
      let [cleared, bytes, kept] = [0, 0, 0]
      const here = store.entries()
      const total = here.reduce((sum, [, size]) => sum + size, 0)
      for (const [sha256, size] of here) {
        if (!vouched.has(sha256) || receipts.get(sha256)?.body.bytes !== size) {
          kept += 1
          continue
        }
        await store.remove(sha256)
        cleared += 1
        bytes += size
        this.#tell({ phase: 'clearing', done: bytes, total, unit: 'bytes' })
      }
      return {
        uploaded: count,
        receipted,
        cleared,
        bytes,
        kept,
        notTaken,
        complete: notTaken.length === 0,
        relayBehind: lost > 0,
      }
    })
  }

  /** In online mode what is new goes to the relay by itself. */
  sendSoon(): void {
    const { link, bookkeeping, receipts, log } = this.#options
    const { session } = link
    if (bookkeeping.mode !== 'online' || !session || this.#sending || this.running) return
    if (this.figures().unreceipted.count === 0) return
    const unreceipted = this.#hashes().filter((sha256) => !receipts.has(sha256))
    this.#sending = within(undefined, [this.#stopped.signal], (stop) =>
      this.#upload(session, unreceipted, stop),
    )
      .then(
        () => this.#options.onChange(),
        (error: unknown) => log.warn({ error: (error as Error).message }, 'images could not be sent yet'),
      )
      .finally(() => {
        this.#sending = undefined
      })
  }

  /** Ends what runs. @returns false where nothing does */
  cancel(): boolean {
    this.#running?.abort(cancelled())
    return this.#running !== undefined
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#sending
  }

  async #exclusively<R>(
    signal: AbortSignal | undefined,
    progress: ((event: ImageProgress) => void) | undefined,
    work: (stop: AbortSignal) => Promise<R>,
  ): Promise<R> {
    if (this.#running)
      throw new Refused(
        'conflict',
        'images-are-syncing',
        'Images are being synced. Wait for it, or cancel it.',
      )
    const running = new AbortController()
    this.#running = running
    this.#progress = progress
    try {
      await this.#sending
      const signals = [this.#stopped.signal, running.signal, ...(signal ? [signal] : [])]
      return await within(undefined, signals, work)
    } catch (error) {
      throw running.signal.aborted ? cancelled() : error
    } finally {
      this.#running = undefined
      this.#progress = undefined
      this.#options.onChange()
    }
  }

  #tell(event: ImageProgress): void {
    this.#progress?.(event)
    this.#options.onProgress(event)
  }

  #hashes(): string[] {
    return this.#options.store.entries().map(([sha256]) => sha256)
  }

  async #upload(session: RelaySession, images: readonly string[], stop: AbortSignal) {
    const { bookkeeping, outside, log } = this.#options
    const sent = (done: number, total: number): void =>
      this.#tell({ phase: 'uploading', done, total, unit: 'bytes' })
    const result = await this.#transfer.upload(session, images, sent, stop)
    if (result.lost > 0)
      log.warn({ images: result.lost }, 'the relay had lost images it gave receipts for; it gets them again')
    if (result.notTaken.length === 0) await bookkeeping.change({ imagesSynced: outside.now().toISOString() })
    return result
  }

  /** As many as the cache holds: the others come when they are shown. */
  async #download(session: RelaySession, stop: AbortSignal) {
    const { store } = this.#options
    let room = this.#limit - figureOf(store.entries()).bytes
    const wanted = (await this.#wanted()).filter(([, size]) => (room -= size) >= 0)
    const total = wanted.reduce((sum, [, size]) => sum + size, 0)
    let [count, bytes] = [0, 0]
    const notTaken: NotTaken[] = []
    const came = (part: number): void => {
      bytes += part
      this.#tell({ phase: 'downloading', done: bytes, total, unit: 'bytes' })
    }
    for (const [sha256, size] of wanted) {
      try {
        await this.#transfer.fetch(session, sha256, size, came, stop)
        count += 1
      } catch (error) {
        const isOfOne =
          error instanceof WrongBytes ||
          error instanceof NotAnImage ||
          (error instanceof Refused && error.kind === 'notFound')
        if (!isOfOne) throw error
        notTaken.push({ document: sha256, name: `image ${sha256.slice(0, 12)}`, reason: error.message })
      }
    }
    return { count, bytes, notTaken }
  }

  /** Makes room: what was shown longest ago goes first, and nothing without a receipt. */
  async #evict(shown?: string): Promise<void> {
    const { store, receipts } = this.#options
    let over = figureOf(store.entries()).bytes - this.#limit
    for (const [sha256, size] of store.entries()) {
      if (over <= 0) return
      if (sha256 === shown || receipts.get(sha256)?.body.bytes !== size) continue
      await store.remove(sha256)
      over -= size
    }
  }
}

function figureOf(entries: readonly (readonly [string, number])[]): ImageCount {
  return { count: entries.length, bytes: entries.reduce((sum, [, size]) => sum + size, 0) }
}

/** @throws Refused `not-an-image` */
function sniff(bytes: Uint8Array): Sniffed {
  try {
    return sniffImage(bytes)
  } catch (error) {
    if (error instanceof NotAnImage) throw new Refused('invalid', 'not-an-image', error.message)
    throw error
  }
}

function notHere(sha256: string): Refused {
  return new Refused(
    'notFound',
    'image-not-here',
    `Image ${sha256} is not on this terminal. It is fetched when it is shown while the link is up.`,
  )
}
