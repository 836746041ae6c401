/** Bytes that are not what they claim to be. */
export class Malformed extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'Malformed'
  }
}

/**
 * Reads bytes of a peer from front to back. No length is believed: whatever is taken has to be there.
 * Numbers are LEB128, as in Automerge's formats (https://automerge.org/automerge-binary-format-spec/).
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get position(): number {
    return this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new Malformed('it ends too early')
    this.#at += 1
    return byte
  }

  skip(length: number): void {
    if (length > this.left) throw new Malformed(`it announces ${length} bytes and has ${this.left}`)
    this.#at += length
  }

  take(length: number): Uint8Array {
    this.skip(length)
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** @throws Malformed above 2^53 - 1, which nothing that fits in memory needs */
  unsigned(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (value > Number.MAX_SAFE_INTEGER) throw new Malformed('a number is too large')
      if (byte < 0x80) return value
      if (factor > Number.MAX_SAFE_INTEGER) throw new Malformed('a number is too long')
    }
  }

  /** @throws Malformed beyond ±2^53 */
  signed(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte()
      if (factor > Number.MAX_SAFE_INTEGER) throw new Malformed('a number is too long')
      if (byte >= 0x80) {
        value += (byte & 0x7f) * factor
        continue
      }
      // The last byte carries the sign in its second highest bit.
      value += ((byte & 0x40) === 0 ? byte & 0x3f : (byte & 0x3f) - 0x40) * factor
      if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new Malformed('a number is too large')
      return value
    }
  }

  /** A number of things of at least `size` bytes each, all of which are still to come. */
  count(size: number): number {
    const count = this.unsigned()
    if (count * size > this.left)
      throw new Malformed(`it announces ${count} entries and has no room for them`)
    return count
  }
}
