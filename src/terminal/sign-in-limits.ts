/** Limits of signing in at a terminal, each with its reason. Milliseconds and counts. */

/** A long working day. Whoever works longer types the PIN once more. */
export const SIGNED_IN_MS = 12 * 60 * 60_000

/** Wrong PINs in a row for one name before it has to wait: a few slips of the finger. */
export const TRIES = 5

/** The first wait, and the longest. At 15 minutes a try, half of the 10,000 shortest PINs take seven weeks. */
export const WAIT_MS = { first: 30_000, most: 15 * 60_000 } as const

/** PINs that are checked one after the other: each takes 0.1 s, so that nobody waits longer than a second. */
export const WAITING = 10

/** People signed in at once at one till, in several windows, and commands that were killed before they signed out. */
export const SESSIONS = 200
