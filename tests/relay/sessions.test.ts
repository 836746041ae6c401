import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { NONCE_LIFE_MS, OUTSTANDING, SESSION_LIFE_MS, TICKET_LIFE_MS } from '../../src/protocol/limits.js'
import { Sessions, type Identity } from '../../src/relay/sessions.js'

function make() {
  let made = 0
  const clock = { now: 0 }
  const random = (bytes: number): Uint8Array => {
    made += 1
    return new Uint8Array(createHash('sha256').update(String(made)).digest().subarray(0, bytes))
  }
  return { clock, sessions: new Sessions(() => clock.now, random) }
}

function identity(terminal: string): Identity {
  return { terminal, shop: 'shop', code: 'T01', epoch: 'A', role: 'till' }
}

const opens = (sessions: Sessions, session: string): boolean =>
  sessions.find(`Bearer ${session}`) !== undefined

describe('sessions', () => {
  test('A1 a nonce, a ticket and a session are good for their own purpose only', () => {
    const { sessions } = make()
    const nonce = sessions.challenge('one')
    const { session, ticket } = sessions.begin(identity('one'))
    expect(sessions.redeem(nonce)).toBeUndefined()
    expect(sessions.redeem(session)).toBeUndefined()
    expect(sessions.answer(ticket, 'one')).toBe(false)
    expect(sessions.answer(session, 'one')).toBe(false)
    expect(opens(sessions, nonce)).toBe(false)
    expect(opens(sessions, ticket)).toBe(false)
    expect(sessions.answer(nonce, 'one')).toBe(true)
    expect(sessions.redeem(ticket)).toEqual(identity('one'))
    expect(opens(sessions, session)).toBe(true)
  })

  test('A1 each ends at its time, to the millisecond', () => {
    const { clock, sessions } = make()
    const nonces = [sessions.challenge('one'), sessions.challenge('one')]
    const { session, ticket } = sessions.begin(identity('one'))
    const late = sessions.begin(identity('one'))
    const at = (ms: number) => (clock.now = ms)
    at(NONCE_LIFE_MS - 1)
    expect(sessions.answer(nonces[0] ?? '', 'one')).toBe(true)
    at(NONCE_LIFE_MS)
    expect(sessions.answer(nonces[1] ?? '', 'one')).toBe(false)
    at(TICKET_LIFE_MS - 1)
    expect(sessions.redeem(ticket)).toBeDefined()
    at(TICKET_LIFE_MS)
    expect(sessions.redeem(late.ticket)).toBeUndefined()
    at(SESSION_LIFE_MS - 1)
    expect(opens(sessions, session)).toBe(true)
    at(SESSION_LIFE_MS)
    expect(opens(sessions, session)).toBe(false)
  })

  test('A1 all that a terminal has open is ended together, and nothing of another', () => {
    const { sessions } = make()
    const nonce = sessions.challenge('one')
    const [mine, theirs] = [sessions.begin(identity('one')), sessions.begin(identity('two'))]
    sessions.end('one')
    expect(sessions.answer(nonce, 'one')).toBe(false)
    expect(sessions.redeem(mine.ticket)).toBeUndefined()
    expect(opens(sessions, mine.session)).toBe(false)
    expect(sessions.redeem(theirs.ticket)).toEqual(identity('two'))
    expect(opens(sessions, theirs.session)).toBe(true)
  })

  test.each([
    undefined,
    '',
    'Bearer',
    'Bearer short',
    'Basic abc',
    `Bearer ${'é'.repeat(30)}`,
    'Bearer __proto__',
  ])('A1 the header %j opens nothing', (header) => {
    expect(make().sessions.find(header)).toBeUndefined()
  })

  test('R1 whoever asks without end keeps nobody out: the oldest ends, the newest is good', () => {
    const { sessions } = make()
    const first = sessions.challenge('honest')
    for (let count = 1; count < OUTSTANDING; count += 1) sessions.challenge('greedy')
    expect(sessions.answer(first, 'honest')).toBe(true)
    const second = sessions.challenge('honest')
    for (let count = 0; count < OUTSTANDING; count += 1) sessions.challenge('greedy')
    expect(sessions.answer(second, 'honest')).toBe(false)
    expect(sessions.answer(sessions.challenge('honest'), 'honest')).toBe(true)
  })

  test('R1 nor does one terminal that connects without end', () => {
    const { sessions } = make()
    const first = sessions.begin(identity('honest'))
    for (let count = 0; count < OUTSTANDING; count += 1) sessions.begin(identity('greedy'))
    // It is told to connect again, which it does by itself.
    expect(opens(sessions, first.session)).toBe(false)
    const { session, ticket } = sessions.begin(identity('honest'))
    expect(opens(sessions, session)).toBe(true)
    expect(sessions.redeem(ticket)).toEqual(identity('honest'))
  })
})
