import { nodeDisk } from '../../src/storage/disk.js'
import type { Agent } from '../../src/terminal/agent.js'
import type { HandoffJournal } from '../../src/terminal/force.js'
import { dieAt, FaultyDisk, type Operation } from '../storage/disks.js'
import { numbersOf, relayNumbers, tea, type RunningRelay, type World } from '../support/world.js'

/** What a person does to cancel; resolves to whether they are told that it is cancelled. */
export type Cancelling = (agent: Agent, disk: FaultyDisk) => Promise<boolean>

/** A step of a force-complete: the file operation it is about to do, by what its journal said last. */
export interface Step {
  readonly operation: string
  readonly file: string
  readonly state: HandoffJournal['state']
}

export interface Round {
  /** File operations that were done from the cancelling on. */
  readonly done: number
  readonly answered: boolean
  /** How the journal was found after the restart. */
  readonly found: 'under way' | 'cancelled' | 'ended'
  /** What the promises do not allow. */
  readonly faults: readonly string[]
}

/** One terminal whose force-complete is cancelled, killed, restarted and ended, as often as a test wants. */
export class Rounds {
  readonly #world: World
  readonly #relay: RunningRelay
  readonly #directory: string
  readonly #sealed: string[] = []

  constructor(world: World, relay: RunningRelay, directory: string) {
    this.#world = world
    this.#relay = relay
    this.#directory = directory
  }

  /** @param at the file operation, counted from the cancelling, in which the terminal is killed; 0 is that of the step */
  async run(step: Step, at: number, cancel: Cancelling): Promise<Round> {
    const disk = new FaultyDisk(nodeDisk)
    const agent = await this.#world.agent(this.#directory, { disk })
    for (let sale = 0; sale < 2; sale += 1)
      this.#sealed.push((await agent.till.sell(tea())).record.body.number)
    const { answered, done } = await cancelAt(agent, disk, step, cancel, at)
    await this.#world.abandon(agent, disk)
    return { answered, done, ...(await this.#restarted(answered)) }
  }

  async #restarted(answered: boolean): Promise<Pick<Round, 'found' | 'faults'>> {
    const agent = await this.#world.agent(this.#directory)
    const found = stateOf(agent)
    const faults: string[] = []
    const note = (what: string, numbers: readonly string[]): void => {
      if (numbers.length > 0) faults.push(`${what}: ${numbers.join(', ')}`)
    }
    if (answered && found === 'under way')
      faults.push('a person was told that it is cancelled, and it is not')
    note('gone without a receipt', await this.#gone(agent))
    const before = await numbersOf(agent)
    agent.start()
    if (found === 'cancelled') {
      if (agent.force.running) faults.push('it goes on by itself')
    } else {
      const went = agent.force.resume()
      await went.catch((error: Error) => faults.push(`a restart does not carry on: ${error.message}`))
    }
    const after = await numbersOf(agent)
    if (found === 'cancelled')
      note(
        'deleted though cancelled',
        before.filter((number) => !after.includes(number)),
      )
    note('gone without a receipt', await this.#gone(agent))
    await agent.forceComplete('Ravi', true).then(
      ({ notTaken }) =>
        note(
          'not taken',
          notTaken.map(({ name }) => name),
        ),
      (error: Error) => faults.push(`a new one does not end: ${error.message}`),
    )
    note('kept after a new one', await numbersOf(agent))
    note('lost', await this.#gone(agent))
    await this.#world.stop(agent)
    return { found, faults }
  }

  /** Sealed numbers that are neither here nor at the relay. */
  async #gone(agent: Agent): Promise<string[]> {
    const held = new Set([...(await numbersOf(agent)), ...(await relayNumbers(this.#relay))])
    return this.#sealed.filter((number) => !held.has(number))
  }
}

function stateOf({ force }: Agent): Round['found'] {
  if (!force.pending || !force.journal) return 'ended'
  return 'cancelledAt' in force.journal ? 'cancelled' : 'under way'
}

/**
 * Runs a force-complete and cancels it when it has come to a step.
 * @param at the file operation in which the terminal is killed, as in {@link Rounds.run}; without it nothing kills it
 */
export async function cancelAt(
  agent: Agent,
  disk: FaultyDisk,
  step: Step,
  cancel: Cancelling = () => agent.cancel(),
  at = Number.POSITIVE_INFINITY,
): Promise<Pick<Round, 'answered' | 'done'>> {
  const die = dieAt(at)
  let answer: Promise<boolean> | undefined
  let index = -1
  const isReached = ({ name, path }: Operation): boolean =>
    name === step.operation && path.endsWith(`/${step.file}`) && agent.force.journal?.state === step.state
  disk.decide = (operation) => {
    if (!answer && isReached(operation)) {
      answer = cancel(agent, disk)
      answer.catch(() => undefined)
    }
    if (!answer || operation.name === 'close') return undefined
    index += 1
    return die({ ...operation, index })
  }
  await agent.forceComplete('Asha', true).catch(() => undefined)
  if (!answer) throw new Error(`The force-complete never came to ${step.operation} ${step.file}`)
  // Killed before it was written, it is never answered; here the disk says so.
  const answered = await answer.catch(() => false)
  return { answered, done: index + 1 }
}
