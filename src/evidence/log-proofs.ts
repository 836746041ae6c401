import { readCheckpoint } from '../docs/checkpoint.js'
import type { LogRead } from './log-read.js'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/** The lines of log/proofs.ndjson for these leaves, in their order in the log; those that are not in it have none. */
export async function* proofsOf(log: LogRead, leaves: Iterable<Uint8Array>): AsyncGenerator<string> {
  const found: [number, Uint8Array][] = []
  for (const leaf of leaves) {
    const index = log.indexOf(leaf)
    if (index !== undefined) found.push([index, leaf])
  }
  for (const [index, leaf] of found.sort(([a], [b]) => a - b)) {
    const path = (await log.inclusion(index)).map(base64)
    yield `${JSON.stringify({ leaf: base64(leaf), index, path })}\n`
  }
}

/**
 * log/consistency.json: that the log goes on from a checkpoint seen earlier; undefined where it does not reach as far.
 * @throws BadCheckpoint
 */
export async function consistencyWith(
  log: LogRead,
  older: string,
  relay: { readonly id: string; readonly key: string },
): Promise<string | undefined> {
  const { size } = readCheckpoint(older, relay.id, relay.key)
  const path = await log.consistency(size)
  return path && `${JSON.stringify({ from: size, to: log.size, path: path.map(base64) })}\n`
}
