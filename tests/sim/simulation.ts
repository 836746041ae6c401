import { cp, rm } from 'node:fs/promises'
import { verifyPath } from '../../src/evidence/open.js'
import { writeExport } from '../../src/evidence/write-export.js'
import { addDecimals } from '../../src/docs/decimal.js'
import type { ExportedInvoice } from '../../src/docs/export.js'
import { parseNumber, seriesPrefix } from '../../src/docs/series.js'
import { Findings } from '../../src/docs/verify/findings.js'
import type { GivenKeys } from '../../src/docs/verify/trust.js'
import type { Verdict } from '../../src/docs/verify/verify.js'
import { nodeDisk } from '../../src/storage/disk.js'
import type { NotTaken } from '../../src/terminal/exchange.js'
import type { Agent } from '../../src/terminal/agent.js'
import { dieAt, FaultyDisk } from '../storage/disks.js'
import { seeded } from '../support/keys.js'
import { tea, World, type RunningRelay } from '../support/world.js'

/** What the people at one till have been told, and what the simulation knows of its disk. */
interface Till {
  readonly name: string
  readonly directory: string
  agent: Agent
  disk: FaultyDisk
  /** Number by external reference: the API answered, so it must never be lost, doubled or renumbered. */
  readonly acknowledged: Map<string, string>
  /** Asked for, and never answered because the till died: whole or absent. */
  readonly doubtful: Set<string>
}

/** One thing that happens. It resolves to a word on how it went, for the trace of a failing run. */
type Happening = (till: Till) => Promise<string>

/** The clock moves on by up to so much at a time: days end, sessions expire. */
const MOST_HOURS = 30
/** A death comes within so many file operations, or not at all if nothing happens. */
const DEATH_WITHIN = 60

/**
 * A shop whose tills sell, sync, hand off, die and come back, and whose relay is restarted and restored, in an order
 * that a seed decides; over real sockets and files, with a clock of its own.
 */
export class Simulation {
  readonly trace: string[] = []
  readonly #random: () => number
  readonly #world: World
  readonly #tills: Till[] = []
  #relay: RunningRelay
  #sales = 0
  #backup: string | undefined
  #now = Date.parse('2026-03-30T10:00:00Z')

  private constructor(seed: number, world: World, relay: RunningRelay) {
    this.#random = seeded(seed)
    this.#world = world
    this.#relay = relay
    world.now = () => new Date(this.#now)
  }

  static async make(seed: number, tills: number): Promise<Simulation> {
    const world = await World.make()
    const simulation = new Simulation(seed, world, await world.relay())
    for (let index = 1; index <= tills; index += 1) await simulation.#open(`T0${index}`)
    return simulation
  }

  async #open(name: string): Promise<void> {
    const directory = await this.#world.paired(this.#relay, name, { role: 'manager' })
    const disk = new FaultyDisk(nodeDisk)
    const agent = await this.#world.agent(directory, { disk })
    this.#tills.push({ name, directory, agent, disk, acknowledged: new Map(), doubtful: new Set() })
    await agent.sync()
    await agent.disconnect('Asha')
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      const till = this.#tills[this.#below(this.#tills.length)]
      if (!till) return
      const [name, happening] = this.#next()
      this.trace.push(`${step} ${till.name} ${name}: ${await happening(till)}`)
    }
  }

  #next(): readonly [string, Happening] {
    const happenings: readonly (readonly [weight: number, string, Happening])[] = [
      [40, 'sell', (till) => this.#sell(till)],
      [6, 'credit', (till) => this.#credit(till)],
      [4, 'price', (till) => this.#price(till)],
      [10, 'sync', (till) => told(till.agent.sync())],
      [4, 'all sync', () => this.#allSync()],
      [5, 'force', (till) => this.#force(till)],
      [4, 'sell during force', (till) => this.#sellDuring(till, this.#force(till))],
      [4, 'sell during sync', (till) => this.#sellDuring(till, told(till.agent.sync()))],
      [8, 'die', (till) => this.#die(till)],
      [3, 'restart', (till) => this.#restart(till)],
      [2, 'mark as synced', (till) => told(till.agent.markSynced('Asha'))],
      [3, 'close the day', (till) => told(till.agent.till.closeDay('Asha'))],
      [5, 'time passes', () => this.#timePasses()],
      [2, 'relay restarts', () => this.#relayRestarts()],
      [2, 'relay is backed up', () => this.#backUp()],
      [2, 'relay is restored', () => this.#restore()],
    ]
    let left = this.#random() * happenings.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, name, happening] of happenings) {
      left -= weight
      if (left < 0) return [name, happening]
    }
    return ['nothing', () => Promise.resolve('')]
  }

  async #sell(till: Till): Promise<string> {
    const ref = `sale ${(this.#sales += 1)}`
    till.doubtful.add(ref)
    const { record } = await till.agent.till.sell(tea(String(1 + this.#below(5)), { externalRef: ref }))
    till.doubtful.delete(ref)
    till.acknowledged.set(ref, record.body.number)
    return record.body.number
  }

  async #credit(till: Till): Promise<string> {
    const [ref, number] = [...till.acknowledged][this.#below(till.acknowledged.size)] ?? []
    if (!number || parseNumber(number)?.type !== 'invoice') return 'nothing to credit'
    const credit = { ...tea('1', { externalRef: `credit ${ref}` }), corrects: { number } }
    till.doubtful.add(credit.externalRef ?? '')
    try {
      const { record } = await till.agent.till.credit(credit)
      till.acknowledged.set(`credit ${ref}`, record.body.number)
      return record.body.number
    } catch (error) {
      // It may lie at the relay, and the till is disconnected.
      return (error as Error).message
    } finally {
      till.doubtful.delete(`credit ${ref}`)
    }
  }

  #price({ agent, name }: Till): Promise<string> {
    const edit = { sku: 'TEA', name: 'Tea', price: { minor: 100 * (1 + this.#below(100)) } }
    return told(agent.catalogue.edit(name, 'price', [edit], { whileDisconnected: true }))
  }

  async #allSync(): Promise<string> {
    return (await Promise.all(this.#tills.map(({ agent }) => told(agent.sync())))).join(', ')
  }

  #force({ agent }: Till): Promise<string> {
    // What the relay holds from now on is held nowhere else: an older backup of it would lose that.
    this.#backup = undefined
    return told(agent.forceComplete('Asha', this.#random() < 0.5))
  }

  async #sellDuring(till: Till, work: Promise<string>): Promise<string> {
    const sold: string[] = []
    for (let count = this.#below(5); count >= 0; count -= 1) sold.push(await this.#sell(till))
    return `${sold.join(' ')}; ${await work}`
  }

  /** The till dies within whatever it does next, and is started again. */
  async #die(till: Till): Promise<string> {
    const { disk } = till
    const die = dieAt(this.#below(DEATH_WITHIN))
    let index = -1
    disk.decide = (operation) => {
      if (operation.name === 'close') return undefined
      index += 1
      return die({ ...operation, index })
    }
    const works: Happening[] = [
      (dying) => this.#sell(dying),
      (dying) => told(dying.agent.sync()),
      (dying) => this.#force(dying),
      (dying) => this.#price(dying),
    ]
    const first = works[this.#below(works.length)]?.(till)
    const outcomes = await Promise.all([first, this.#sell(till)].map((work) => told(work)))
    await this.#world.abandon(till.agent, disk)
    await this.#start(till)
    return outcomes.join(', ')
  }

  async #restart(till: Till): Promise<string> {
    await this.#world.stop(till.agent)
    await this.#start(till)
    return ''
  }

  async #start(till: Till): Promise<void> {
    till.disk = new FaultyDisk(nodeDisk)
    till.agent = await this.#world.agent(till.directory, { disk: till.disk })
    const { chain } = till.agent
    if (chain.block !== undefined) throw new Error(`${till.name} does not seal any more: ${chain.block}`)
    for (const [ref, number] of till.acknowledged) {
      const found = await chain.refs.get(ref)
      if (found !== number) throw new Error(`${till.name}: ${ref} was sealed as ${number}, now ${found}`)
    }
    if (till.agent.force.pending) await told(till.agent.force.resume())
  }

  async #timePasses(): Promise<string> {
    this.#now += this.#below(MOST_HOURS) * 3_600_000
    return new Date(this.#now).toISOString()
  }

  async #relayRestarts(): Promise<string> {
    await this.#world.stopRelay(this.#relay)
    await this.#startRelay()
    return ''
  }

  async #startRelay(): Promise<void> {
    this.#relay = await this.#world.relay({ port: Number(new URL(this.#relay.url).port) })
  }

  async #backUp(): Promise<string> {
    await this.#world.stopRelay(this.#relay)
    this.#backup = `backup ${this.trace.length}`
    await cp(this.#relay.directory, this.#world.path(this.#backup), { recursive: true })
    await this.#startRelay()
    return ''
  }

  async #restore(): Promise<string> {
    if (this.#backup === undefined) return 'no backup'
    await this.#world.stopRelay(this.#relay)
    await rm(this.#relay.directory, { recursive: true })
    await cp(this.#world.path(this.#backup), this.#relay.directory, { recursive: true })
    await this.#startRelay()
    return this.#backup
  }

  /** Everything comes to rest: every till syncs, twice, so that each has what the others brought. */
  async settle(): Promise<Settled> {
    for (let round = 0; round < 2; round += 1) {
      for (const { name, agent } of this.#tills) {
        const { complete, notTaken } = await agent.sync()
        if (!complete) throw new Error(`${name} could not sync: ${JSON.stringify(notTaken)}`)
      }
    }
    const invoices: ExportedInvoice[] = []
    for await (const invoice of this.#relay.relay.invoices.all({})) invoices.push(invoice)
    const unreceipted: number[] = []
    const prices = new Set<string>()
    const onHand = new Set<string>()
    const payable = new Set<number>()
    for (const { agent } of this.#tills) {
      unreceipted.push((await agent.status()).unreceipted.documents)
      const item = await agent.catalogue.view('TEA').catch(() => undefined)
      prices.add(JSON.stringify({ price: item?.price, conflicts: item?.conflicts }))
      onHand.add(await stockOf(agent))
      payable.add(await soldBy(agent))
    }
    return {
      invoices,
      unreceipted,
      prices,
      onHand,
      payable,
      acknowledged: new Map(this.#tills.flatMap(({ acknowledged }) => [...acknowledged])),
      doubtful: new Set(this.#tills.flatMap(({ doubtful }) => [...doubtful])),
    }
  }

  /** What an auditor finds: in an export of the relay, and in each till's directory. */
  async audit(): Promise<string[]> {
    const [till] = this.#tills
    if (!till) return []
    const out = this.#world.path('audit.zip')
    await this.#relay.relay.merkleLog.checkpoint()
    const now = (): Date => new Date()
    await writeExport(this.#relay.directory, out, {
      format: 'records',
      from: null,
      to: null,
      disk: nodeDisk,
      now,
    })
    const relay = till.agent.identity.relayKey
    const { keys, findings } = await this.#verdictOn(out, { relay, terminals: new Map() })
    const terminals = new Map(keys.map(({ of, key }) => [of, key]))
    const found = findings.map((finding) => `relay: ${finding.code} ${finding.sentence}`)
    for (const { name, directory } of this.#tills) {
      const own = await this.#verdictOn(directory, { relay, terminals })
      found.push(...own.findings.map((finding) => `${name}: ${finding.code} ${finding.sentence}`))
    }
    return found
  }

  #verdictOn(path: string, given: GivenKeys): Promise<Verdict> {
    const progress = { update: () => undefined, end: () => undefined }
    return verifyPath(path, { given, findings: new Findings(), progress, disk: nodeDisk })
  }

  async end(): Promise<void> {
    await this.#world.end()
  }
}

/** What is there when everything has come to rest; of what the tills show, each different answer once. */
export interface Settled {
  readonly invoices: readonly ExportedInvoice[]
  readonly unreceipted: readonly number[]
  readonly prices: ReadonlySet<string>
  readonly onHand: ReadonlySet<string>
  readonly payable: ReadonlySet<number>
  readonly acknowledged: ReadonlyMap<string, string>
  readonly doubtful: ReadonlySet<string>
}

/** What breaks the promises, in words; empty when all is well. */
export function faultsOf(settled: Settled): string[] {
  const { invoices, acknowledged, doubtful } = settled
  const faults: string[] = []
  const byRef = new Map<string, string>()
  const sequences = new Map<string, number[]>()
  let quantity = '0'
  let payable = 0
  for (const { number, externalRef, lines, total, custody } of invoices) {
    const ref = externalRef ?? ''
    if (byRef.has(ref)) faults.push(`${ref} is there twice, as ${byRef.get(ref)} and ${number}`)
    byRef.set(ref, number)
    if (!acknowledged.has(ref) && !doubtful.has(ref)) faults.push(`nobody asked for ${number}, ${ref}`)
    if (custody !== 'receipted') faults.push(`${number} has no receipt`)
    const series = parseNumber(number)
    if (!series) faults.push(`${number} is no number`)
    else {
      const prefix = seriesPrefix(series)
      sequences.set(prefix, [...(sequences.get(prefix) ?? []), series.sequence])
    }
    for (const line of lines) quantity = addDecimals(quantity, line.quantity)
    payable += total.minor
  }
  for (const [ref, number] of acknowledged) {
    if (byRef.get(ref) !== number)
      faults.push(`${ref} was sealed as ${number}, the relay has ${byRef.get(ref)}`)
  }
  for (const [prefix, found] of sequences) {
    const wrong = found.findIndex((sequence, index) => sequence !== index + 1)
    if (wrong >= 0) faults.push(`${prefix} has ${found[wrong]} in place of ${wrong + 1}`)
  }
  if (settled.unreceipted.some((count) => count > 0)) faults.push('something is still without receipt')
  if (settled.prices.size > 1)
    faults.push(`the tills differ on the price: ${[...settled.prices].join(' and ')}`)
  const expected = invoices.length === 0 ? '0' : addDecimals('0', negated(quantity))
  if (settled.onHand.size !== 1 || !settled.onHand.has(expected))
    faults.push(`stock is ${[...settled.onHand].join(' and ')} instead of ${expected}`)
  if (settled.payable.size !== 1 || !settled.payable.has(payable))
    faults.push(`sales come to ${[...settled.payable].join(' and ')} instead of ${payable}`)
  return faults
}

function negated(quantity: string): string {
  if (quantity === '0') return '0'
  return quantity.startsWith('-') ? quantity.slice(1) : `-${quantity}`
}

/** A word on how work went: what fails here is part of the story, what must not fail is seen at the end. */
async function told(work: Promise<unknown> | undefined): Promise<string> {
  try {
    const result = await work
    if (typeof result === 'string') return result
    const notTaken = (result as { notTaken?: readonly NotTaken[] } | undefined)?.notTaken ?? []
    return ['done', ...notTaken.map(({ name, reason }) => `${name}: ${reason}`)].join('; ')
  } catch (error) {
    return (error as Error).message
  }
}

async function stockOf(agent: Agent): Promise<string> {
  const { shardOf } = await import('../../src/docs/naming.js')
  const { readStock } = await import('../../src/docs/stock.js')
  const shard = shardOf('TEA', agent.documents.shop().catalogueShards)
  const doc = await agent.documents.look({ kind: 'stock', shop: agent.identity.shop, shard })
  return readStock(doc ?? {}, 'TEA').onHand
}

/** What the relay's summaries say that the shop sold. */
async function soldBy(agent: Agent): Promise<number> {
  const { summariesIn } = await import('../../src/docs/sales.js')
  let sum = 0
  for (const name of agent.documents.known('sales')) {
    const doc = await agent.documents.look(name)
    for (const { totals } of doc ? summariesIn(doc).values() : []) sum += totals.payable
  }
  return sum
}
