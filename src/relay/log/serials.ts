import { join } from 'node:path'
import type { LogEntry } from '../../docs/generated/types.js'
import type { Disk } from '../../storage/disk.js'
import { ValueFile } from './value-file.js'

const WIDTH = 8

/**
 * Where a receipt is in the log: for each leaf the serial of the last receipt up to it. Receipts enter the log in the
 * order of their serials, so that one is found by halving.
 */
export class Serials {
  readonly #file: ValueFile

  private constructor(file: ValueFile) {
    this.#file = file
  }

  static async open(directory: string, disk: Disk): Promise<Serials> {
    return new Serials(await ValueFile.open(disk, join(directory, 'serials'), WIDTH))
  }

  count(): Promise<number> {
    return this.#file.count()
  }

  /** The serial of the last receipt among the first `size` leaves; 0 for none. */
  async last(size: number): Promise<number> {
    if (size === 0) return 0
    const value = Buffer.from(await this.#file.read(size - 1))
    return value.length === WIDTH ? Number(value.readBigUInt64BE()) : 0
  }

  /** Puts those of leaves after the first `size`; undefined is one of which nothing is known. */
  async put(size: number, entries: readonly (LogEntry | undefined)[]): Promise<void> {
    let last = await this.last(size)
    const values = Buffer.alloc(entries.length * WIDTH)
    for (const [index, entry] of entries.entries()) {
      if (entry?.type === 'custody-receipt') last = Math.max(last, entry.receipt.body.serial)
      values.writeBigUInt64BE(BigInt(last), index * WIDTH)
    }
    await this.#file.write(size, values)
  }

  /** The leaf of a receipt among the first `size`; undefined where there is none. */
  async find(serial: number, size: number): Promise<number | undefined> {
    let low = 0
    let high = size
    // The lowest leaf that is known to be at or behind it, and the serial there.
    let known = { at: size - 1, last: await this.last(size) }
    if (known.last < serial) return undefined
    // Nearly every leaf is a receipt, so that where one is can be guessed; every other step halves what is left.
    for (let isGuess = true; low < high; isGuess = !isGuess) {
      const guessed = Math.max(low, Math.min(high - 1, known.at - (known.last - serial)))
      const at = isGuess ? guessed : Math.floor((low + high) / 2)
      const last = await this.last(at + 1)
      if (last < serial) low = at + 1
      else {
        high = at
        known = { at, last }
      }
    }
    return low < size && (await this.last(low + 1)) === serial ? low : undefined
  }

  sync(): Promise<void> {
    return this.#file.sync()
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
