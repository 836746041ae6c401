import type { ImageReceipt } from '../docs/generated/types.js'
import { sniffImage } from '../docs/image-type.js'
import { checkImageReceipt } from '../protocol/image-receipt.js'
import { IMAGE_PART_BYTES, IMAGES_AT_ONCE } from '../protocol/limits.js'
import { asRefused, Refused } from '../protocol/problem.js'
import { WrongBytes, type ImageStore } from '../storage/image-store.js'
import type { IndexLog } from '../storage/index-log.js'
import type { NotTaken } from './exchange.js'
import type { TerminalIdentity } from './identity.js'
import type { RelaySession } from './relay-session.js'

/** Someone else may upload the same image at the same time: what the relay has is asked for anew. */
const TRIES = 3

export interface ImageTransferOptions {
  readonly identity: () => TerminalIdentity
  readonly store: ImageStore
  readonly receipts: IndexLog<ImageReceipt>
}

/** What came of it. Bytes are those that went over the line. */
export interface Transferred {
  readonly count: number
  readonly bytes: number
  readonly receipted: number
  /** Those the relay said now that it has. */
  readonly vouched: ReadonlySet<string>
  /** Images of which receipts were held that the relay has no more: it was restored, or its disk was damaged (S5). */
  readonly lost: number
  readonly notTaken: readonly NotTaken[]
}

/** Brings images to the relay and back, part by part: what is cut goes on where it was (S2). */
export class ImageTransfer {
  readonly #options: ImageTransferOptions

  constructor(options: ImageTransferOptions) {
    this.#options = options
  }

  /**
   * Uploads what the relay lacks of these, and collects verified receipts. A receipt for what it lacks counts no more.
   * @param sent told of how many bytes went, of how many that are known to have to
   */
  async upload(
    session: RelaySession,
    images: readonly string[],
    sent: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<Transferred> {
    const { store, receipts } = this.#options
    const vouched = new Set<string>()
    let [count, bytes, receipted, lost, total] = [0, 0, 0, 0, 0]
    const notTaken: NotTaken[] = []
    for (let start = 0; start < images.length; start += IMAGES_AT_ONCE) {
      const batch = images.slice(start, start + IMAGES_AT_ONCE)
      const answer = await session.images(batch, signal)
      receipted += await this.#keep(answer.receipts, vouched)
      const lacking = [...answer.missing, ...answer.refused].filter(({ sha256 }) => receipts.has(sha256))
      lost += lacking.length
      await receipts.delete(lacking.map(({ sha256 }) => sha256))
      for (const { sha256, offset } of answer.missing) total += (store.size(sha256) ?? offset) - offset
      for (const { sha256, reason } of answer.refused) notTaken.push(refusedImage(sha256, reason))
      const whole: string[] = []
      for (const { sha256, offset } of answer.missing) {
        try {
          const told = (went: number): void => {
            bytes += went
            sent(bytes, total)
          }
          await this.#send(session, sha256, offset, told, signal)
          count += 1
          whole.push(sha256)
        } catch (error) {
          const refused = asRefused(error)
          // Without a connection none of the others can go either.
          if (refused.kind === 'unavailable' || signal.aborted) throw error
          notTaken.push(refusedImage(sha256, refused.message))
        }
      }
      if (whole.length > 0) {
        receipted += await this.#keep((await session.images(whole, signal)).receipts, vouched)
        for (const sha256 of whole)
          if (!vouched.has(sha256)) notTaken.push(refusedImage(sha256, 'the relay gave no receipt for it'))
      }
    }
    return { count, bytes, receipted, vouched, lost, notTaken }
  }

  /** @returns how many of these were not held before */
  async #keep(given: readonly ImageReceipt[], vouched: Set<string>): Promise<number> {
    const { identity, store, receipts } = this.#options
    const { relay, relayKey, shop } = identity()
    const fresh: [string, ImageReceipt][] = []
    for (const receipt of given) {
      const { body, signature } = checkImageReceipt(receipt, { relay, relayKey, shop })
      if (store.size(body.sha256) !== body.bytes) continue
      vouched.add(body.sha256)
      if (receipts.get(body.sha256)?.signature !== signature) fresh.push([body.sha256, receipt])
    }
    await receipts.setAll(fresh)
    return fresh.length
  }

  async #send(
    session: RelaySession,
    sha256: string,
    from: number,
    sent: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const bytes = await this.#options.store.read(sha256)
    if (!bytes) throw new Refused('failed', 'image-damaged', 'its bytes on this disk were damaged')
    let offset = from
    let tries = 0
    while (offset < bytes.length) {
      const part = bytes.subarray(offset, offset + IMAGE_PART_BYTES)
      try {
        offset = await session.sendImagePart(sha256, offset, part, signal)
        sent(part.length)
      } catch (error) {
        tries += 1
        if (asRefused(error).code !== 'wrong-offset' || tries >= TRIES) throw error
        const [missing] = (await session.images([sha256], signal)).missing
        offset = missing?.offset ?? bytes.length
      }
    }
  }

  /**
   * Fetches an image of which the size is known.
   * @returns the bytes that came over the line
   * @throws Refused, WrongBytes, NotAnImage, StorageWriteError
   */
  async fetch(
    session: RelaySession,
    sha256: string,
    size: number,
    came: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<number> {
    const { store, receipts, identity } = this.#options
    let total = 0
    const transfer = { check: (bytes: Uint8Array) => void sniffImage(bytes) }
    for (let offset = await store.resume(sha256, size, transfer); store.size(sha256) === undefined;) {
      const part = await session.imagePart(sha256, offset, IMAGE_PART_BYTES, signal)
      if (part.length === 0) throw new WrongBytes(sha256)
      offset = await store.append(sha256, size, offset, part, transfer)
      total += part.length
      came(part.length)
    }
    // What came from the relay is there; the receipt says so for as long as this terminal keeps it.
    if (!receipts.has(sha256)) {
      const { relay, relayKey, shop } = identity()
      for (const receipt of (await session.images([sha256], signal)).receipts)
        await receipts.set(sha256, checkImageReceipt(receipt, { relay, relayKey, shop }))
    }
    return total
  }
}

function refusedImage(sha256: string, reason: string): NotTaken {
  return { document: sha256, name: `image ${sha256.slice(0, 12)}`, reason }
}
