/** Bytes of a hash by which it is looked up. */
const PREFIX_BYTES = 4
const FIRST_SIZE = 1024

/**
 * Finds leaves by the first bytes of their hashes, in some 12 bytes of memory each. Who asks looks at the whole hash of
 * what is found.
 */
export class LeafIndex {
  /** Of each leaf, in order. */
  #prefixes = new Uint32Array(FIRST_SIZE)
  /** Leaves plus one, by prefix; 0 for nobody. */
  #slots = new Uint32Array(FIRST_SIZE * 2)
  #count = 0

  /** @param hash of the next leaf */
  add(hash: Uint8Array): void {
    if (this.#count === this.#prefixes.length) this.#grow()
    this.#prefixes[this.#count] = prefixOf(hash)
    this.#count += 1
    this.#place(this.#count)
  }

  #place(leafPlusOne: number): void {
    const size = this.#slots.length
    let slot = (this.#prefixes[leafPlusOne - 1] ?? 0) % size
    while (this.#slots[slot] !== 0) slot = (slot + 1) % size
    this.#slots[slot] = leafPlusOne
  }

  #grow(): void {
    const prefixes = new Uint32Array(this.#prefixes.length * 2)
    prefixes.set(this.#prefixes)
    this.#prefixes = prefixes
    this.#slots = new Uint32Array(prefixes.length * 2)
    for (let leaf = 1; leaf <= this.#count; leaf += 1) this.#place(leaf)
  }

  /** The leaves that may have this hash. */
  *find(hash: Uint8Array): Generator<number> {
    const prefix = prefixOf(hash)
    const size = this.#slots.length
    for (let slot = prefix % size; this.#slots[slot] !== 0; slot = (slot + 1) % size) {
      const leaf = (this.#slots[slot] ?? 0) - 1
      if (this.#prefixes[leaf] === prefix) yield leaf
    }
  }
}

function prefixOf(hash: Uint8Array): number {
  return Buffer.from(hash.buffer, hash.byteOffset, PREFIX_BYTES).readUInt32BE()
}
