import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Agent } from '../../src/terminal/agent.js'
import { served } from '../support/till-api.js'
import { World } from '../support/world.js'
import { Asking } from './asking.js'
import { Held } from './held.js'
import * as relayDay from './relay-day.js'
import * as tillDay from './till-day.js'
import { alone, forkedAndRevoked, moved, type Till } from './troubles.js'

/** Good answers that this day does not bring about, and why. */
const NOT_ASKED: Readonly<Record<string, string>> = {
  'terminal POST /v1/log/settle 200': 'takes a relay that rewrote its log; tests/terminal/log shows it',
}

let world: World
let held: Held

/** Two managers give one item two prices, apart from each other. */
async function disagree(one: Agent, other: Agent): Promise<void> {
  for (const [index, agent] of [one, other].entries()) {
    const edit = [{ sku: 'TEA', price: { minor: 11_000 + index } }]
    await agent.catalogue.edit(`Manager ${index}`, 'edit item', edit, { whileDisconnected: true })
  }
  for (const agent of [one, other, one]) await agent.sync()
}

beforeAll(async () => {
  world = await World.make()
  held = await Held.begin()
  const relay = await world.relay()
  held.watch(relay.url, 'relay')
  const visitor = new Asking(relay.url)
  const operator = visitor.with({ authorization: `Bearer ${relayDay.TOKEN}` })
  const codes = await relayDay.open(operator, visitor)

  const tills: Till[] = []
  for (const [index, code] of codes.entries()) {
    const agent = await world.agent(await world.pairWith(relay, `T0${index + 1}`, code))
    await agent.sync()
    const { url } = await served(world, agent)
    held.watch(url, 'terminal')
    tills.push({ agent, asking: new Asking(url) })
  }
  const [first, second, third] = tills as [Till, Till, Till]
  const till = first.asking

  await tillDay.setUp(till)
  const image = await tillDay.pictures(till)
  const number = await tillDay.sell(till)
  await second.agent.sync()
  await first.agent.disconnect('Mira')
  await disagree(first.agent, second.agent)
  await till.good('GET /v1/conflicts')
  await till.good('GET /v1/items?query=tea')
  await tillDay.closeDay(till)
  await forkedAndRevoked(relay, operator, second)
  await moved(operator, third)
  await tillDay.people(till)
  await relayDay.terminals(relay, operator, image, number)
  await relayDay.manager(visitor, operator)
  await relayDay.watch(relay, operator)
  await world.stopRelay(relay)
  await alone(third)
  await held.settled()
})
afterAll(async () => {
  await world.end()
  held.end()
})

describe('what a relay and its terminals answer over a day', () => {
  test('is what their OpenAPI documents say, refusals too', () => {
    expect(held.wrong).toEqual([])
  })

  test('is every good answer they promise', () => {
    const lacking = held.promised().filter((name) => !held.seen.has(name))
    expect(lacking.toSorted()).toEqual(Object.keys(NOT_ASKED).toSorted())
  })

  test('is refused in each of the ways that a client can bring about', () => {
    for (const api of ['relay', 'terminal'])
      for (const status of [400, 401, 403, 404])
        expect([...held.seen].some((name) => name.startsWith(api) && name.endsWith(` ${status}`))).toBe(true)
  })

  test('is told as events while it happens', () => {
    const events = [...held.seen].filter((name) => name.includes('/events 200 '))
    expect(events.toSorted()).toEqual([
      'relay GET /v1/admin/events 200 fleet',
      'relay GET /v1/admin/events 200 incident',
      'terminal GET /v1/events 200 progress',
      'terminal GET /v1/events 200 sealed',
      'terminal GET /v1/events 200 status',
    ])
  })
})
