import { randomBytes } from 'node:crypto'
import { nodeDisk } from '../storage/disk.js'

/** The real world: this machine's disk, clock and randomness. */
export const outside = {
  disk: nodeDisk,
  now: (): Date => new Date(),
  elapsed: (): number => performance.now(),
  random: (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes)),
}
