/** Why a WebSocket was closed, as WebSocket close codes (RFC 6455, 4000–4999 are the application's). */
export const CLOSE = {
  goingAway: { code: 1001, reason: 'going away' },
  textFrame: { code: 1003, reason: 'text frame' },
  replaced: { code: 4001, reason: 'replaced by a newer connection of this terminal' },
  badFrame: { code: 4002, reason: 'malformed frame' },
  wrongSender: { code: 4003, reason: 'frame in the name of another peer' },
  pairedAgain: { code: 4004, reason: 'this terminal was paired again' },
  revoked: { code: 4005, reason: 'this terminal was revoked by the operator' },
  joinedTwice: { code: 4006, reason: 'joined twice' },
  notJoined: { code: 4007, reason: 'frame before the join' },
  joinTooLate: { code: 4008, reason: 'did not join in time' },
  slowReader: { code: 4009, reason: 'does not read what it is sent' },
  tooMuch: { code: 4010, reason: 'a message that costs too much to read' },
  forked: { code: 4011, reason: 'two live copies of this terminal were seen' },
  moved: { code: 4013, reason: 'this terminal is to take a new epoch' },
  intakeOver: { code: 4012, reason: 'the time to hand in day books is over' },
} as const

export type Closing = (typeof CLOSE)[keyof typeof CLOSE]
