export { VERSION } from '../docs/generated/version.js'

/** Raised when a message changes its meaning. Relay and terminal refuse each other when theirs differ. */
export const PROTOCOL_VERSION = 1

/**
 * Whether a version, such as `1.4.0` or `1.5.0-rc.1`, came before another. What cannot be read as one came before none.
 */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [partsOf(version), partsOf(than)]
  if (!a || !b) return false
  for (const index of [0, 1, 2]) {
    const [mine = 0, other = 0] = [a.numbers[index], b.numbers[index]]
    if (mine !== other) return mine < other
  }
  // What is not released yet comes before what is.
  return a.isReleased !== b.isReleased && !a.isReleased
}

function partsOf(version: string): { numbers: number[]; isReleased: boolean } | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.exec(version)
  return match ? { numbers: match.slice(1, 4).map(Number), isReleased: match[4] === undefined } : undefined
}
