import { join } from 'node:path'
import type { FlatDoc } from '../docs/flat.js'
import type { ImageReceipt, ImagesResponse } from '../docs/generated/types.js'
import { NotAnImage, sniffImage } from '../docs/image-type.js'
import { imagesIn, type ImageFacts } from '../docs/images.js'
import type { Signer } from '../docs/keys.js'
import { documentId } from '../docs/naming.js'
import { signImageReceipt } from '../protocol/image-receipt.js'
import { SHOP_IMAGES_BYTES } from '../protocol/limits.js'
import { Refused } from '../protocol/problem.js'
import type { Disk } from '../storage/disk.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import { ImageStore, WrongBytes, WrongOffset, type Transfer } from '../storage/image-store.js'
import type { IndexLog } from '../storage/index-log.js'
import type { Log } from './relay-parts.js'
import type { Identity } from './sessions.js'

export interface RelayImagesOptions {
  /** Absolute path of the relay's directory. */
  readonly directory: string
  readonly disk: Disk
  readonly durable: DurableRepo
  readonly organisation: string
  readonly relay: string
  readonly signer: Signer
  readonly now: () => Date
  /** Receipts that were given, by shop and SHA-256; each is on the disk before it is sent. */
  readonly issued: IndexLog<ImageReceipt>
  readonly log: Log
}

/** Whose request it is. */
type Bringer = Pick<Identity, 'shop' | 'terminal'>

/** The images of shops: what a shop's document names is taken, kept for good, and receipted. */
export class RelayImages {
  readonly #options: RelayImagesOptions
  readonly #stores = new Map<string, Promise<ImageStore>>()

  constructor(options: RelayImagesOptions) {
    this.#options = options
  }

  /** Receipts for what is here of these, and how far the others are. */
  async about({ shop, terminal }: Bringer, wanted: readonly string[]): Promise<ImagesResponse> {
    const { log } = this.#options
    const named = await this.#named(shop)
    const held: (readonly [string, number])[] = []
    const answer: ImagesResponse = { receipts: [], missing: [], refused: [] }
    for (const sha256 of new Set(wanted)) {
      const facts = named.get(sha256)
      if (!facts) {
        answer.refused.push({ sha256, reason: 'the images document of the shop does not name it' })
        continue
      }
      try {
        const state = await this.#stateOf(shop, sha256, facts, terminal)
        if (state.isWhole) held.push([sha256, state.bytes])
        else answer.missing.push({ sha256, offset: state.bytes })
      } catch (error) {
        // One that cannot be read or finished holds up no other (S4).
        log.error({ sha256, error: (error as Error).message }, 'an image could not be looked at')
        answer.refused.push({ sha256, reason: 'the relay could not read or store it' })
      }
    }
    answer.receipts.push(...(await this.#receipts(shop, held)))
    return answer
  }

  /** It is whole where it is on the disk now and verified, and not because it once was. */
  async #stateOf(
    shop: string,
    sha256: string,
    facts: ImageFacts,
    terminal: string,
  ): Promise<{ readonly isWhole: boolean; readonly bytes: number }> {
    const { issued, log } = this.#options
    const store = await this.#store(shop)
    const held = await store.read(sha256)
    if (held) return { isWhole: true, bytes: held.length }
    if (issued.has(keyOf(shop, sha256)))
      log.error(
        { shop, sha256 },
        'an image a receipt was given for is not here; a terminal that has it sends it',
      )
    const bytes = await store.resume(sha256, facts.bytes, transferOf(facts, terminal))
    return { isWhole: store.size(sha256) !== undefined, bytes }
  }

  async #receipts(shop: string, held: readonly (readonly [string, number])[]): Promise<ImageReceipt[]> {
    const { issued } = this.#options
    const fresh: [string, ImageReceipt][] = []
    const receipts = held.map(([sha256, bytes]) => {
      const key = keyOf(shop, sha256)
      const known = issued.get(key)
      if (known) return known
      const receipt = this.#receipt(shop, sha256, bytes)
      fresh.push([key, receipt])
      return receipt
    })
    await issued.setAll(fresh)
    return receipts
  }

  #receipt(shop: string, sha256: string, bytes: number): ImageReceipt {
    const { relay, signer, now } = this.#options
    const at = now().toISOString()
    return signImageReceipt(
      { v: 1, context: 'counterfoil image receipt 1', relay, shop, sha256, bytes, at },
      signer,
    )
  }

  /**
   * Takes a part of an image.
   * @returns the byte to go on at
   * @throws Refused `unnamed-image`, `too-many-images`, `wrong-offset` with the offset, `wrong-bytes`, `not-an-image`,
   *   `storage-failed`
   */
  async append(
    { shop, terminal }: Bringer,
    sha256: string,
    offset: number,
    part: Uint8Array,
  ): Promise<number> {
    const facts = (await this.#named(shop)).get(sha256)
    if (!facts) throw unnamed(sha256)
    if (offset === 0) mustBegin(facts, part)
    const store = await this.#store(shop)
    if (offset === 0) mustFit(store, facts)
    try {
      return await store.append(sha256, facts.bytes, offset, part, transferOf(facts, terminal))
    } catch (error) {
      if (error instanceof WrongOffset)
        throw new Refused('conflict', 'wrong-offset', error.message, { offset: error.offset })
      if (error instanceof WrongBytes) throw new Refused('invalid', 'wrong-bytes', error.message)
      if (error instanceof NotAnImage) throw new Refused('invalid', 'not-an-image', error.message)
      throw error
    }
  }

  /** @throws Refused `no-such-image` */
  async read(shop: string, sha256: string): Promise<{ bytes: Uint8Array; type: string }> {
    const bytes = await (await this.#store(shop)).read(sha256)
    if (!bytes)
      throw new Refused('notFound', 'no-such-image', `The relay has no image ${sha256} of this shop.`)
    // By its bytes: what whoever named it said counts for nothing.
    return { bytes, type: sniffImage(bytes).type }
  }

  close(): Promise<void> {
    return this.#options.issued.close()
  }

  async #named(shop: string): Promise<ReadonlyMap<string, ImageFacts>> {
    const { durable, organisation } = this.#options
    const doc = (await durable.open<FlatDoc>(documentId(organisation, { kind: 'images', shop })))?.doc()
    return doc ? imagesIn(doc) : new Map()
  }

  #store(shop: string): Promise<ImageStore> {
    const known = this.#stores.get(shop)
    if (known) return known
    const { directory, disk, log } = this.#options
    const opened = ImageStore.open({
      directory: join(directory, 'images', shop),
      quarantine: join(directory, 'quarantine', shop),
      disk,
      onDamage: (damage) => log.error({ damage }, 'a damaged image was moved to quarantine'),
    }).catch((error: unknown) => {
      this.#stores.delete(shop)
      throw error
    })
    this.#stores.set(shop, opened)
    return opened
  }
}

function keyOf(shop: string, sha256: string): string {
  return `${shop}/${sha256}`
}

/** Each terminal's parts are its own, and whole bytes have to be what the shop's document says they are. */
function transferOf(facts: ImageFacts, terminal: string): Transfer {
  return {
    sender: terminal,
    check: (bytes) => {
      const { type } = sniffImage(bytes)
      if (type !== facts.type) throw new NotAnImage(`it is ${type}, and named as ${facts.type}`)
    },
  }
}

function mustFit(store: ImageStore, { bytes }: ImageFacts): void {
  const here = store.entries().reduce((sum, [, size]) => sum + size, 0)
  if (here + bytes <= SHOP_IMAGES_BYTES) return
  throw new Refused(
    'tooLarge',
    'too-many-images',
    `The relay keeps at most ${SHOP_IMAGES_BYTES} bytes of images for a shop. Use smaller ones.`,
  )
}

function unnamed(sha256: string): Refused {
  return new Refused(
    'forbidden',
    'unnamed-image',
    `Image ${sha256} is not named by its shop. Sync the images document first.`,
  )
}

/** A first part that cannot be the beginning of such an image is not stored at all. */
function mustBegin({ type }: ImageFacts, part: Uint8Array): void {
  const first = part[0] ?? 0
  const expected = { 'image/png': 0x89, 'image/jpeg': 0xff, 'image/webp': 0x52 }[type]
  if (first !== expected)
    throw new Refused('invalid', 'not-an-image', `What came does not begin like ${type}.`)
}
