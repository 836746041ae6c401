/**
 * Keys a filter is made for, and its size: of a million keys that were not added one or two seem to be there, so that
 * hundreds of filters can be asked and what they stand for is hardly ever read in vain.
 */
export const FILTER_KEYS = 8_192
const FILTER_BITS = FILTER_KEYS * 32
const PROBES = 11

/** Where a key's bits are, in every filter alike. */
export type Probes = Uint32Array

/** Whoever makes keys that fall on the same bits makes looking them up slow, not wrong. */
export function probesOf(key: string): Probes {
  let a = 0xdeadbeef ^ key.length
  let b = 0x41c6ce57 ^ key.length
  for (let at = 0; at < key.length; at += 1) {
    const unit = key.charCodeAt(at)
    a = Math.imul(a ^ unit, 2654435761)
    b = Math.imul(b ^ unit, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  const probes = new Uint32Array(PROBES)
  for (let probe = 0; probe < PROBES; probe += 1)
    probes[probe] = ((a + Math.imul(b | 1, probe)) >>> 0) % FILTER_BITS
  return probes
}

/** Which keys a set may have: a Bloom filter. It denies none that was added, and few others are not denied. */
export class KeyFilter {
  readonly bits: Uint8Array

  /** @param bits as an earlier filter had them; others give a filter that denies nothing that they set */
  constructor(bits: Uint8Array = new Uint8Array(FILTER_BITS / 8)) {
    // Copied into an array of one kind and length, which makes asking many filters much quicker.
    this.bits = new Uint8Array(FILTER_BITS / 8)
    this.bits.set(bits.subarray(0, this.bits.length))
  }

  static of(keys: ReadonlySet<string> | ReadonlyMap<string, unknown>): KeyFilter {
    const filter = new KeyFilter()
    for (const key of keys.keys()) {
      for (const bit of probesOf(key))
        filter.bits[bit >>> 3] = (filter.bits[bit >>> 3] ?? 0) | (1 << (bit & 7))
    }
    return filter
  }

  mayHave(probes: Probes): boolean {
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = probes[probe] as number
      if (((this.bits[bit >>> 3] as number) & (1 << (bit & 7))) === 0) return false
    }
    return true
  }
}
