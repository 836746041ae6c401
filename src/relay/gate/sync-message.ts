import { ByteReader, Malformed } from '../../docs/byte-reader.js'

/** An Automerge sync message, taken apart without a look into its changes. */
export interface SyncMessageParts {
  /** Each one or several chunks. */
  readonly changes: readonly Uint8Array[]
  /** What its sender has, hex. */
  readonly heads: readonly string[]
  /** The same message without its changes, in Automerge's encoding. */
  readonly withoutChanges: Uint8Array
}

const HASH_BYTES = 32
/** Version 1 carries changes, version 2 may carry whole documents; otherwise they are alike. */
const VERSIONS: ReadonlySet<number> = new Set([0x42, 0x43])
/** What every Automerge writes: ten bits for each entry, seven probes. More probes cost time at each lookup. */
const BLOOM_BITS = 10
const BLOOM_PROBES = 7
/** Automerge sends one; more than one is for several peers at once, which nobody is. */
const MOST_HAVES = 10
/** A document has as many heads as terminals wrote it apart. */
const MOST_HEADS = 10_000
/** Flags of what the sender can do follow the changes. */
const MOST_FLAGS = 64

/**
 * Takes a sync message apart. Automerge itself believes the numbers in it: a filter of few bytes may ask for
 * billions of probes.
 * @throws Malformed
 */
export function partsOf(message: Uint8Array): SyncMessageParts {
  const reader = new ByteReader(message)
  if (!VERSIONS.has(reader.byte())) throw new Malformed('it is no sync message of a version that is known')
  const heads = hashes(reader)
  hashes(reader)
  const haves = reader.count(2)
  if (haves > MOST_HAVES) throw new Malformed(`it has ${haves} filters`)
  for (let have = 0; have < haves; have += 1) {
    hashes(reader)
    checkFilter(new ByteReader(reader.take(reader.unsigned())))
  }
  const before = reader.position
  const changes: Uint8Array[] = []
  for (let count = reader.count(1); count > 0; count -= 1) changes.push(reader.take(reader.unsigned()))
  const after = reader.position
  if (reader.left > 0) {
    const flags = reader.count(1)
    if (flags > MOST_FLAGS || flags !== reader.left) throw new Malformed('bytes follow its end')
  }
  return { changes, heads, withoutChanges: cutOut(message, before, after) }
}

function hashes(reader: ByteReader): string[] {
  const count = reader.count(HASH_BYTES)
  if (count > MOST_HEADS) throw new Malformed(`it names ${count} hashes`)
  const bytes = Buffer.from(reader.take(count * HASH_BYTES))
  return Array.from({ length: count }, (_, index) =>
    bytes.toString('hex', index * HASH_BYTES, (index + 1) * HASH_BYTES),
  )
}

/** A Bloom filter; an empty one stands for no entries. */
function checkFilter(reader: ByteReader): void {
  if (reader.left === 0) return
  const entries = reader.unsigned()
  const bits = reader.unsigned()
  const probes = reader.unsigned()
  if (bits !== BLOOM_BITS || probes !== BLOOM_PROBES)
    throw new Malformed('its filter is not of the usual kind')
  if (reader.left !== Math.ceil((entries * bits) / 8))
    throw new Malformed('its filter is not as long as it says')
}

function cutOut(message: Uint8Array, from: number, to: number): Uint8Array {
  const cut = new Uint8Array(from + 1 + (message.length - to))
  cut.set(message.subarray(0, from))
  // The count of changes, 0, stands at `from`.
  cut.set(message.subarray(to), from + 1)
  return cut
}
