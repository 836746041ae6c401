import { createHash } from 'node:crypto'

/** In which of `shards` documents a SKU lies: the first 4 bytes of SHA-256 of its UTF-8, modulo the count. */
export function shardOf(sku: string, shards: number): number {
  return createHash('sha256').update(sku).digest().readUInt32BE(0) % shards
}
