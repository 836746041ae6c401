import type { ConnectRequest, ConnectResponse } from '../docs/generated/types.js'
import type { ShopTerminal } from '../docs/shop.js'
import type { Closing } from '../protocol/close-codes.js'
import { Refused } from '../protocol/problem.js'
import { Behind } from './behind.js'
import { Forks } from './forks.js'
import type { Incidents } from './incidents.js'
import { Intake } from './intake.js'
import type { IssuedReceipts } from './issued-receipts.js'
import type { Pairings } from './pairing.js'
import { Moves } from './moves.js'
import type { Log } from './relay-parts.js'
import { Revocation } from './revocation.js'
import type { Identity } from './sessions.js'
import type { Shops } from './shops.js'

export interface FleetOptions {
  readonly shops: Shops
  readonly pairings: Pairings
  readonly issued: IssuedReceipts
  readonly incidents: Incidents
  readonly now: () => Date
  /** Ends everything a terminal has open. */
  readonly hangUp: (terminal: string, closing: Closing) => void
  readonly log: Log
}

/** Who decided something, and why. */
export interface Decided {
  readonly by: string
  readonly reason?: string | undefined
}

/** How the terminals of a relay stand: revoked, let in to hand in, forked, or ahead of a restored relay. */
export class Fleet {
  readonly forks: Forks
  readonly revocation: Revocation
  readonly intake: Intake
  readonly behind: Behind
  readonly moves: Moves

  constructor(options: FleetOptions) {
    this.forks = new Forks(options)
    this.revocation = new Revocation(options)
    this.intake = new Intake(options)
    this.behind = new Behind(options)
    this.moves = new Moves(options)
  }

  /**
   * What a terminal that has proven its key is told of itself.
   * @throws Refused `revoked`
   */
  async atConnect(
    terminal: ShopTerminal,
    { epoch, asked, serial }: Pick<ConnectRequest, 'epoch' | 'asked' | 'serial'>,
  ): Promise<Pick<ConnectResponse, 'fork' | 'intake' | 'move'>> {
    this.revocation.refuse(terminal.id, epoch)
    const intake = await this.intake.atConnect(terminal)
    if (intake !== undefined) return { intake }
    await this.behind.atConnect(terminal, serial ?? 0)
    const fork = await this.forks.atConnect(terminal, epoch, asked)
    const move = this.moves.atConnect(terminal.id, epoch)
    return { ...(fork ? { fork } : {}), ...(move ? { move } : {}) }
  }
}

/** @throws Refused `intake-only` for a terminal that is let in to hand in its day books, and nothing else */
export function notForIntake({ intake }: Identity): void {
  if (!intake) return
  throw new Refused(
    'forbidden',
    'intake-only',
    'This terminal is revoked. It may hand in its day books now, and nothing else.',
  )
}
