import { afterEach, beforeEach, expect, test } from 'vitest'
import { World } from '../support/world.js'

let world: World
beforeEach(async () => {
  world = await World.make()
})
afterEach(() => world.end())

test('S2 a connection stays open long enough for a request that a slow network holds up', async () => {
  const { url } = await world.relay()
  const response = await fetch(`${url}/healthz`)
  expect(await response.json()).toMatchObject({ status: 'ok' })
  expect(response.headers.get('keep-alive')).toBe('timeout=30')
})
