import { createServer, connect, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Agent } from '../../src/terminal/agent.js'
import { until, World } from '../support/world.js'

/** A wire to the relay that holds one request back, once it has come, until it is let go. */
class HoldingWire {
  readonly #server: Server
  #holding = ''
  #come: () => void = () => undefined
  #letGo: () => void = () => undefined

  constructor(port: number) {
    this.#server = createServer((client) => {
      const relay = connect(port, '127.0.0.1')
      client.on('data', (data) => {
        if (this.#holding && data.toString('latin1').startsWith(this.#holding)) {
          this.#holding = ''
          this.#letGo = () => relay.write(data)
          this.#come()
        } else relay.write(data)
      })
      relay.on('data', (data) => client.write(data))
      for (const [from, to] of [
        [client, relay],
        [relay, client],
      ] as const) {
        from.on('close', () => to.destroy())
        from.on('error', () => to.destroy())
      }
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Resolves when a request that begins so is held. */
  hold(request: string): Promise<void> {
    this.#holding = request
    return new Promise((resolve) => {
      this.#come = resolve
    })
  }

  letGo(): void {
    this.#letGo()
  }

  close(): void {
    this.#server.close()
  }
}

let world: World
let wire: HoldingWire
let agent: Agent

beforeEach(async () => {
  world = await World.make()
  const relay = await world.relay()
  wire = new HoldingWire(Number(new URL(relay.url).port))
  agent = await world.terminal({ ...relay, url: await wire.listen() }, 'T01')
})
afterEach(async () => {
  await world.end()
  wire.close()
})

/** All states the link has from now on. */
function statesOf(watched: Agent): string[] {
  const states: string[] = []
  watched.on('status', () => states.push(watched.link.state.state))
  return states
}

const MOMENTS = ['POST /v1/challenge', 'POST /v1/connect', 'GET /v1/socket']

describe('Work Disconnected while the link is connecting', () => {
  test.each(MOMENTS)('the link does not come up when %s is answered after it', async (request) => {
    const held = wire.hold(request)
    agent.start()
    await held
    const states = statesOf(agent)
    await agent.disconnect('Asha')
    wire.letGo()
    await until(agent, () => agent.link.state.state !== 'connecting')
    expect(agent.link.state).toMatchObject({ state: 'down' })
    expect(agent.link.state).not.toHaveProperty('retryAt')
    expect(states).not.toContain('up')
  })

  test.each(MOMENTS)('and online again before %s is answered, it does', async (request) => {
    const held = wire.hold(request)
    agent.start()
    await held
    await agent.disconnect('Asha')
    agent.link.want(true)
    wire.letGo()
    await until(agent, () => agent.link.state.state === 'up')
    expect(agent.link.wanted).toBe(true)
  })

  test('whoever uses the link meanwhile still gets it, and it is closed after', async () => {
    const held = wire.hold('POST /v1/connect')
    agent.start()
    await held
    const sync = agent.sync()
    await agent.disconnect('Asha')
    wire.letGo()
    expect(await sync).toMatchObject({ complete: true })
    expect(agent.link.state.state).toBe('down')
  })
})
