import { givenElsewhere, type Fork } from '../docs/fleet.js'
import type { ForkNotice } from '../docs/generated/types.js'
import { epochBefore } from '../docs/series.js'
import type { Shop, ShopTerminal } from '../docs/shop.js'
import { CLOSE } from '../protocol/close-codes.js'
import { Refused } from '../protocol/problem.js'
import type { Decided, FleetOptions } from './fleet.js'

/** A fork that no operator has settled. */
export interface OpenFork extends Pick<Fork, 'at' | 'epoch' | 'seen' | 'what'> {
  readonly shop: string
  readonly terminal: string
  /** What the operator is to do. */
  readonly remedy: string
}

/**
 * Two live copies of one terminal (N2): seen by a connection in an epoch that ended because another directory got the
 * next, or by two different records at one position. The alarm stays until an operator settles it; the epoch both
 * shared stays closed for ever.
 */
export class Forks {
  readonly #options: FleetOptions

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Raises the alarm, once, and hangs up, so that whichever copy is there hears of it when it connects again. */
  async note(terminal: string, epoch: string, seen: Fork['seen'], what: string): Promise<void> {
    const { shops, incidents, now, hangUp } = this.#options
    let raised = false
    await shops.note(terminal, 'fork', 'fork alarm for', 'relay', ({ fork }) => {
      if (fork && fork.epoch === epoch && (fork.settled === undefined || seen === 'ended-epoch'))
        return undefined
      raised = true
      return { at: now().toISOString(), epoch, seen, what }
    })
    if (!raised) return
    hangUp(terminal, CLOSE.forked)
    await incidents.note({ kind: 'fork', code: seen, reason: what, terminal })
  }

  /**
   * What a terminal is told when it connects.
   * @param asked names the epoch it asked for without getting an answer
   */
  async atConnect(
    { id, name }: ShopTerminal,
    epoch: string,
    asked: string | undefined,
  ): Promise<ForkNotice | undefined> {
    const found = this.#options.shops.terminal(id)
    const later = found && givenElsewhere(found.terminal, epoch, asked)
    if (later !== undefined) {
      const what = `a directory of ${name} connected in epoch ${epoch}, after epoch ${later} was given to another one`
      await this.note(id, epoch, 'ended-epoch', what)
    }
    const fork = this.#options.shops.terminal(id)?.terminal.fork
    if (!fork) return undefined
    const ended = !epochBefore(fork.epoch, epoch)
    if (fork.settled && !ended) return undefined
    const { at, seen, what } = fork
    return { at, epoch: fork.epoch, seen, what, ended }
  }

  /**
   * An operator has found the copies and ended all but one. The alarm ends; the epoch stays closed.
   * @throws Refused `no-fork`
   */
  async settle(shopName: string, name: string, { by, reason }: Decided): Promise<ShopTerminal> {
    const { shops, now } = this.#options
    const { terminal } = shops.named(shopName, name)
    if (!terminal.fork || terminal.fork.settled)
      throw new Refused(
        'conflict',
        'no-fork',
        `There is no open fork alarm for terminal ${name} of shop ${shopName}.`,
      )
    return shops.note(terminal.id, 'fork', 'settle fork of', by, ({ fork }) =>
      fork
        ? { ...fork, settled: { at: now().toISOString(), by, ...(reason === undefined ? {} : { reason }) } }
        : undefined,
    )
  }

  open(): OpenFork[] {
    const openIn = (shop: Shop): OpenFork[] =>
      [...shop.terminals.values()].flatMap(({ name, fork }) =>
        fork && !fork.settled
          ? [{ shop: shop.name, terminal: name, ...fork, remedy: remedyFor(shop.name, name) }]
          : [],
      )
    return this.#options.shops.all().flatMap(openIn)
  }
}

function remedyFor(shop: string, terminal: string): string {
  return `Find the copies of ${terminal} and keep one. Whichever is told that it may not seal is paired again (counterfoil relay pair). Then: counterfoil relay settle-fork --shop "${shop}" --terminal "${terminal}"`
}
