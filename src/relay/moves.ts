import { isRevoked, pendingMove } from '../docs/fleet.js'
import type { Move } from '../docs/generated/types.js'
import type { ShopTerminal } from '../docs/shop.js'
import { CLOSE } from '../protocol/close-codes.js'
import { Refused } from '../protocol/problem.js'
import type { Decided, FleetOptions } from './fleet.js'

/**
 * Terminals that an operator moves to their next epoch. Each is told when it connects, and asks for the epoch itself:
 * it seals on in the old one until it has the new one, and what it sealed there is kept.
 */
export class Moves {
  readonly #options: FleetOptions

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /**
   * Decides it, and hangs up, so that a terminal that is there hears of it at once. Again, before it has moved, it
   * changes nothing.
   * @throws Refused `terminal-revoked`
   */
  async order(shopName: string, name: string, { by, reason }: Decided): Promise<ShopTerminal> {
    const { shops, now, hangUp, log } = this.#options
    const { terminal } = shops.named(shopName, name)
    if (isRevoked(terminal)) {
      throw new Refused(
        'conflict',
        'terminal-revoked',
        `Terminal ${name} is revoked, and seals nothing. Once it is reinstated and paired again it is in its next epoch.`,
      )
    }
    let isNew = false
    const after = await shops.note(terminal.id, 'move', 'move to the next epoch', by, (present) => {
      if (pendingMove(present)) return undefined
      isNew = true
      return {
        at: now().toISOString(),
        by,
        ...(reason === undefined ? {} : { reason }),
        epoch: present.epoch,
      }
    })
    if (isNew) {
      log.info({ terminal: terminal.id, epoch: terminal.epoch, by }, 'is to move to its next epoch')
      hangUp(terminal.id, CLOSE.moved)
    }
    return after
  }

  /** What a terminal is told when it connects in an epoch. */
  atConnect(id: string, epoch: string): Move | undefined {
    const terminal = this.#options.shops.terminal(id)?.terminal
    return terminal?.epoch === epoch ? pendingMove(terminal) : undefined
  }
}
