import { join } from 'node:path'
import type { FlatDoc } from '../docs/flat.js'
import type { ImageReceipt, ImagesResponse } from '../docs/generated/types.js'
import { sniffImage } from '../docs/image-type.js'
import { imagesIn, type ImageFacts } from '../docs/images.js'
import type { Signer } from '../docs/keys.js'
import { documentId } from '../docs/naming.js'
import { signImageReceipt } from '../protocol/image-receipt.js'
import { Refused } from '../protocol/problem.js'
import type { Disk } from '../storage/disk.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import { ImageStore, WrongBytes, WrongOffset } from '../storage/image-store.js'
import type { Log } from './relay-parts.js'

export interface RelayImagesOptions {
  /** Absolute path of the relay's directory. */
  readonly directory: string
  readonly disk: Disk
  readonly durable: DurableRepo
  readonly organisation: string
  readonly relay: string
  readonly signer: Signer
  readonly now: () => Date
  readonly log: Log
}

/** The images of shops: what a shop's document names is taken, kept for good, and receipted. */
export class RelayImages {
  readonly #options: RelayImagesOptions
  readonly #stores = new Map<string, Promise<ImageStore>>()

  constructor(options: RelayImagesOptions) {
    this.#options = options
  }

  /** Receipts for what is here of these, and how far the others are. */
  async about(shop: string, wanted: readonly string[]): Promise<ImagesResponse> {
    const store = await this.#store(shop)
    const named = await this.#named(shop)
    const answer: ImagesResponse = { receipts: [], missing: [], refused: [] }
    for (const sha256 of new Set(wanted)) {
      if (!named.has(sha256)) {
        answer.refused.push({ sha256, reason: 'the images document of the shop does not name it' })
        continue
      }
      const bytes = await store.read(sha256)
      if (bytes) answer.receipts.push(this.#receipt(shop, sha256, bytes.length))
      else answer.missing.push({ sha256, offset: await store.received(sha256) })
    }
    return answer
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
   * @throws Refused `unnamed-image`, `wrong-offset` with the offset, `wrong-bytes`, `not-an-image`, `storage-failed`
   */
  async append(shop: string, sha256: string, offset: number, part: Uint8Array): Promise<number> {
    const facts = (await this.#named(shop)).get(sha256)
    if (!facts) throw unnamed(sha256)
    if (offset === 0) mustBegin(facts, part)
    const store = await this.#store(shop)
    try {
      return await store.append(sha256, facts.bytes, offset, part)
    } catch (error) {
      if (error instanceof WrongOffset)
        throw new Refused('conflict', 'wrong-offset', error.message, { offset: error.offset })
      if (error instanceof WrongBytes) throw new Refused('invalid', 'wrong-bytes', error.message)
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
      quarantine: join(directory, 'quarantine'),
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
