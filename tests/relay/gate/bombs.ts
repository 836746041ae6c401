import { bytes, chunk, deflatedZeros, uleb } from '../hostile/bytes.js'

/** A saved document of a list of a million nothings, in 174 bytes: each column is one run. */
export const MILLION_ITEMS = new Uint8Array(
  Buffer.from(
    'hW9Kgx4LluAAowEBEAAAAAAAAAAAAAAAAAAAAAABBE2vptZ/9xelSYN+0R0K2oVwAHfcyN8hTF8amyw3EjQGAQIDAhMEIwJAAlYCCwEGAgYRBhMJFQchBCMENARCBlYEgAEEfwB/AX/BhD1/AH8AfwcAAcCEPQAAAcCEPQEAAr+EPQAAAX4AAr6EPQF/AWwAwIQ9wYQ9AMGEPQEBwIQ9fwLAhD0BwYQ9AMGEPQAA',
    'base64',
  ),
)

const DEFLATED_TEXT_COLUMN = 0x35 | 0x08

/** A document with one compressed column that unfolds to 300 MB. */
export function inflatingDocument(): Uint8Array {
  const column = deflatedZeros(100)
  return chunk(0, bytes(0, 0, 1, uleb(DEFLATED_TEXT_COLUMN), uleb(column.length), 0, column))
}
