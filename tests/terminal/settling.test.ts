import { cp } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk, type Disk } from '../../src/storage/disk.js'
import type { Agent } from '../../src/terminal/agent.js'
import { atEachOperation, dieAt, EVERY, FaultyDisk } from '../storage/disks.js'
import { numbersOf, tea, World } from '../support/world.js'

let world: World
let template: string

beforeEach(async () => {
  world = await World.make()
  const agent = await world.terminal(await world.relay(), 'T01', { mode: 'disconnected' })
  await world.stop(agent)
  template = world.path('T01')
})
afterEach(() => world.end())

/** So many enter their day book together. */
const MANY = 250

/** A sale whose record has some 600 KB: two of them enter their day book. */
function wholesale(ref: string) {
  const [line] = tea().lines
  const lines = Array.from({ length: 2_000 }, (_, index) => ({ ...line!, id: String(index) }))
  return { ...tea('1', { externalRef: ref }), lines }
}

async function open(directory: string, disk: Disk): Promise<Agent> {
  const agent = await world.agent(directory, { disk })
  // It is a copy of the template, made by the test.
  agent.chain.block = undefined
  return agent
}

async function copied(name: string, from = template): Promise<string> {
  await cp(from, world.path(name), { recursive: true })
  return world.path(name)
}

const sequences = async (agent: Agent): Promise<number[]> =>
  (await numbersOf(agent)).map((number) => Number(number.slice(-6)))

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** A disk that keeps whatever goes into a day book waiting while it is held, after the first has come. */
class HeldDisk {
  /** Resolves when the first has come. */
  readonly reached: Promise<void>
  readonly disk: Disk
  release: () => void = () => undefined

  constructor() {
    let reach: () => void = () => undefined
    this.reached = new Promise((resolve) => (reach = resolve))
    const gate = new Promise<void>((resolve) => (this.release = resolve))
    this.disk = {
      ...nodeDisk,
      rename: async (from, to) => {
        if (to.includes('incremental')) {
          reach()
          await gate
        }
        return nodeDisk.rename(from, to)
      },
    }
  }
}

describe('records that enter their day book', () => {
  test('S1 D1 N1 hold up no seal; what is sealed meanwhile is safe, and enters it after them', async () => {
    const held = new HeldDisk()
    const agent = await open(await copied('held'), held.disk)
    for (let sale = 0; sale < MANY; sale += 1) await agent.till.sell(tea())
    await held.reached
    for (let sale = 0; sale < MANY + 5; sale += 1) await agent.till.sell(tea())
    const all = upTo(2 * MANY + 5)
    expect(agent.books.writing.open()?.waiting).toHaveLength(all.length)

    // What a power failure would leave at this moment.
    const killed = await open(await copied('killed', world.path('held')), nodeDisk)
    expect(await sequences(killed)).toEqual(all)
    await killed.till.sell(tea())
    await world.stop(killed)
    const again = await open(world.path('killed'), nodeDisk)
    expect(await sequences(again)).toEqual(upTo(2 * MANY + 6))

    held.release()
    await agent.books.writing.settle()
    expect(agent.books.writing.open()?.waiting).toEqual([])
    expect(await sequences(agent)).toEqual(all)
    await world.stop(agent)
    expect(await sequences(await open(world.path('held'), nodeDisk))).toEqual(all)
  })

  test('D3 N1 at any file operation of sales, and of what enters beside them, nothing is lost or there twice', async () => {
    let tries = 0
    await atEachOperation(async (at) => {
      const directory = await copied(`try-${at}`)
      const disk = new FaultyDisk(nodeDisk)
      const agent = await open(directory, disk)
      const acknowledged: string[] = []
      const kill = dieAt(at)
      const from = disk.operations.length
      // Closing a file is the kernel's: a dead process does it too.
      disk.decide = (operation) =>
        operation.name === 'close' ? undefined : kill({ ...operation, index: operation.index - from })
      for (let sale = 0; sale < 6; sale += 1) {
        try {
          acknowledged.push((await agent.till.sell(wholesale(`ref-${sale}`))).record.body.number)
        } catch {
          break
        }
      }
      await agent.books.writing.settle().catch(() => undefined)
      const done = disk.operations.length - from
      await world.abandon(agent, disk)
      const again = await open(directory, nodeDisk)
      const numbers = await numbersOf(again)
      expect(numbers).toEqual(expect.arrayContaining(acknowledged))
      expect(await sequences(again)).toEqual(upTo(numbers.length))
      expect(numbers.length).toBeLessThanOrEqual(acknowledged.length + 1)
      // A sale that was not acknowledged is sold once, whether it was sealed or not.
      for (let sale = 0; sale < 6; sale += 1) await again.till.sell(wholesale(`ref-${sale}`))
      expect(await sequences(again)).toEqual(upTo(6))
      await world.stop(again)
      tries += 1
      return done
    })
    expect(tries).toBeGreaterThan(20 / EVERY)
  })
})
