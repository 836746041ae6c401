import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PersonRole } from '../../src/docs/people.js'
import type { RelaySession } from '../../src/terminal/relay-session.js'
import type { Agent } from '../../src/terminal/agent.js'
import { cashiersOf } from '../support/till-api.js'
import { World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay
let manager: Agent

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
  manager = await world.terminal(relay, 'T01', { role: 'manager', mode: 'disconnected' })
})
afterEach(() => world.end())

/** Asks the relay as a terminal that checks nothing would. */
const ask = <R>(work: (session: RelaySession, signal: AbortSignal) => Promise<R>): Promise<R> =>
  manager.link.use((session) => work(session, AbortSignal.timeout(10_000)))
const add = (by: string, name: string, role: PersonRole) =>
  ask((session, signal) => session.addCashier({ by, name, role, pin: '471100' }, signal))
const pin = (by: string, name: string) =>
  ask((session, signal) => session.changePin({ by, name, pin: '081500' }, signal))
const remove = (by: string, name: string) =>
  ask((session, signal) => session.removeCashier({ by, name }, signal))
const shop = (by: string) => ask((session, signal) => session.changeShop({ by, address: '1 Street' }, signal))
const roles = async (): Promise<string[]> =>
  (await cashiersOf(relay).list('Main')).map(({ name, role }) => `${name} ${role}`)

describe('Set-Up from a manager’s terminal, as the relay checks it', () => {
  test('A2 the first person is a manager, and then only managers who are there may decide', async () => {
    await expect(add('T01', 'Asha', 'cashier')).rejects.toMatchObject({ code: 'first-is-manager' })
    expect(await roles()).toEqual([])
    await add('T01', 'Mira', 'manager')
    await add('mira ', 'Asha', 'cashier')
    await add('Mira', 'Ravi', 'manager')
    await remove('Mira', 'Ravi')
    for (const by of ['T01', 'Nobody', 'Asha', 'Ravi']) {
      const refused = { kind: 'forbidden', code: 'managers-only' }
      await expect(add(by, 'Dev', 'cashier'), by).rejects.toMatchObject(refused)
      await expect(pin(by, 'Mira'), by).rejects.toMatchObject(refused)
      await expect(remove(by, 'Asha'), by).rejects.toMatchObject(refused)
      await expect(shop(by), by).rejects.toMatchObject(refused)
    }
    expect(await roles()).toEqual(['Asha cashier', 'Mira manager'])
    await pin('Mira', 'Asha')
    await shop('Mira')
    expect(relay.relay.shops.byName('Main')?.address).toBe('1 Street')
  })

  test('A2 the last manager stays, whoever asks, and however two removals meet', async () => {
    await add('T01', 'Mira', 'manager')
    const last = { kind: 'conflict', code: 'last-manager' }
    // Alone too: what is set up at a terminal does not end signing in at all of them.
    await expect(remove('Mira', 'Mira')).rejects.toMatchObject(last)
    await add('Mira', 'Asha', 'cashier')
    await expect(remove('Mira', 'Mira')).rejects.toMatchObject(last)
    await expect(cashiersOf(relay).remove('Main', 'Mira')).rejects.toMatchObject(last)
    await add('Mira', 'Ravi', 'manager')
    const outcome = await Promise.allSettled([remove('Mira', 'Ravi'), remove('Ravi', 'Mira')])
    expect(outcome.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await roles()).filter((who) => who.endsWith('manager'))).toHaveLength(1)
  })

  test('an operator may end signing in: the cashiers first, then the very last manager', async () => {
    await add('T01', 'Mira', 'manager')
    await add('Mira', 'Asha', 'cashier')
    await cashiersOf(relay).remove('Main', 'Asha')
    await cashiersOf(relay).remove('Main', 'Mira')
    expect(await roles()).toEqual([])
    // And then it begins anew.
    await expect(add('Mira', 'Asha', 'cashier')).rejects.toMatchObject({ code: 'first-is-manager' })
    await add('Anybody', 'Mira', 'manager')
  })
})
