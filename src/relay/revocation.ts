import { isEpochRevoked, isIntakeOpen, isRevoked, type Revocation as Revoked } from '../docs/fleet.js'
import type { ShopTerminal } from '../docs/shop.js'
import { CLOSE } from '../protocol/close-codes.js'
import { Refused } from '../protocol/problem.js'
import type { Decided, FleetOptions } from './fleet.js'

/** Terminals that an operator shut out (A2). It takes effect at once, and is kept in the shop's document. */
export class Revocation {
  readonly #options: FleetOptions

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Shuts a terminal out: its sockets, sessions, tickets and pairing codes end. Again, it changes nothing. */
  async revoke(shopName: string, name: string, { by, reason }: Decided): Promise<ShopTerminal> {
    const { shops, pairings, incidents, now, hangUp } = this.#options
    const { terminal } = shops.named(shopName, name)
    const after = await shops.note(terminal.id, 'revoked', 'revoke', by, (present) =>
      isRevoked(present)
        ? undefined
        : {
            at: now().toISOString(),
            by,
            ...(reason === undefined ? {} : { reason }),
            epoch: present.epoch,
          },
    )
    await pairings.end(shopName, name)
    hangUp(terminal.id, CLOSE.revoked)
    const why = reason === undefined ? '' : `: ${reason}`
    await incidents.note({
      kind: 'revoked',
      code: 'revoked',
      reason: `${by} revoked terminal ${name}${why}`,
      terminal: terminal.id,
    })
    return after
  }

  /**
   * Lets a terminal be paired again. Its old keys stay shut out.
   * @throws Refused `not-revoked`
   */
  async reinstate(shopName: string, name: string, { by, reason }: Decided): Promise<ShopTerminal> {
    const { shops, incidents, now, log } = this.#options
    const { terminal } = shops.named(shopName, name)
    if (!isRevoked(terminal)) throw notRevoked(shopName, name)
    const at = now().toISOString()
    const after = await shops.note(terminal.id, 'revoked', 'reinstate', by, ({ revoked }) =>
      revoked
        ? { ...revoked, reinstated: { at, by, ...(reason === undefined ? {} : { reason }) } }
        : undefined,
    )
    log.info({ terminal: terminal.id, by }, 'reinstated')
    await incidents.note({
      kind: 'revoked',
      code: 'reinstated',
      reason: `${by} reinstated terminal ${name}`,
      terminal: terminal.id,
    })
    return after
  }

  /**
   * Refuses a terminal that is revoked, called once it has proven its key: nobody else learns of it.
   * @throws Refused `revoked`
   */
  refuse(id: string, epoch: string): void {
    const terminal = this.#options.shops.terminal(id)?.terminal
    const { revoked } = terminal ?? {}
    if (!terminal || !revoked || !isEpochRevoked(terminal, epoch)) return
    if (isIntakeOpen(terminal, this.#options.now())) return
    void this.#options.incidents.note({
      kind: 'revoked',
      code: 'connect-refused',
      reason: `terminal ${terminal.name} tried to connect in epoch ${epoch}, which is revoked`,
      terminal: id,
    })
    throw new Refused('forbidden', 'revoked', messageOf(terminal.name, revoked), { at: revoked.at })
  }
}

export function notRevoked(shop: string, terminal: string): Refused {
  return new Refused('conflict', 'not-revoked', `Terminal ${terminal} of shop ${shop} is not revoked.`)
}

function messageOf(name: string, { at, by, reason, reinstated }: Revoked): string {
  const why = reason === undefined ? '' : ` (${reason})`
  const remedy = reinstated
    ? 'It was reinstated since: pair this directory again with a fresh code (counterfoil terminal pair).'
    : 'Everything it holds is kept on its disk. Ask the relay operator to take in what is not sent (counterfoil relay intake), or to reinstate it and give a fresh pairing code (counterfoil relay reinstate, relay pair).'
  return `Terminal ${name} was revoked by the operator (${by}) on ${at}${why}. ${remedy}`
}
