import type { Disk } from '../storage/disk.js'

/** What comes from outside: time, randomness, the disk. The simulator gives its own. */
export interface Outside {
  readonly disk: Disk
  readonly now: () => Date
  /** Milliseconds of a clock that nobody can set; without one a change of the clock is seen at a start only. */
  readonly elapsed?: () => number
  readonly random: (bytes: number) => Uint8Array
}

/** What the agent says to its log. */
export interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}
