/** Why a WebSocket was closed, as WebSocket close codes (RFC 6455, 4000–4999 are the application's). */
export const CLOSE = {
  goingAway: { code: 1001, reason: 'going away' },
  replaced: { code: 4001, reason: 'replaced by a newer connection of this terminal' },
  badFrame: { code: 4002, reason: 'malformed frame' },
  wrongSender: { code: 4003, reason: 'frame in the name of another peer' },
  pairedAgain: { code: 4004, reason: 'this terminal was paired again' },
} as const

export type Closing = (typeof CLOSE)[keyof typeof CLOSE]
