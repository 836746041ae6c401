const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 20 letters of 5 bits: 100 bits, so that identifiers made apart do not meet. */
const LENGTH = 20

/** A new identifier, `bill_…`, `term_…`. Randomness comes from the caller. */
export function newId(prefix: string, random: (bytes: number) => Uint8Array): string {
  return `${prefix}_${[...random(LENGTH)].map((byte) => ALPHABET[byte % 32]).join('')}`
}
