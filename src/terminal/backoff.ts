/** The first try after a loss comes within half a second, later ones double, up to a minute. */
const FIRST_MS = 500
const MOST_MS = 60_000

/**
 * How long to wait before the next try, in ms: half to all of 0.5 s · 2ⁿ, at most a minute. The random half keeps a
 * thousand terminals that lost the relay together from returning together.
 * @param tries how many have failed in a row, 0 for none
 * @param random from 0 to 1
 */
export function backoff(tries: number, random: number): number {
  const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(tries, 10))
  return Math.round(ceiling * (0.5 + random / 2))
}
