import type { BookkeepingFile, ConnectResponse, ForkNotice } from '../docs/generated/types.js'
import { newId } from '../docs/ids.js'
import { epochBefore } from '../docs/series.js'
import { Refused } from '../protocol/problem.js'
import type { Bookkeeping } from './bookkeeping.js'
import type { Chain } from './chain.js'
import type { Log, Outside } from './context.js'
import type { TerminalIdentity } from './identity.js'
import type { RelaySession } from './relay-session.js'

export interface StandingOptions {
  readonly outside: Outside
  readonly identity: () => TerminalIdentity
  readonly chain: () => Chain
  readonly bookkeeping: Bookkeeping
  /** Whether this directory was copied or restored, and has no epoch of its own yet. */
  readonly copied: () => boolean
  /** Writes the identity with its new epoch, role or name and takes it over. */
  readonly changeIdentity: (
    change: Partial<Pick<TerminalIdentity, 'epoch' | 'role' | 'name'>>,
  ) => Promise<void>
  /** Takes a copied directory for the original, once it has an epoch of its own. */
  readonly adoptDirectory: () => Promise<void>
  /** Told why another epoch began, where its data directory is not what it was before. */
  readonly onNewEpoch: (reason: 'copied' | 'restored' | 'damaged') => Promise<void>
  readonly log: Log
}

type Lasting = NonNullable<BookkeepingFile['standing']>['why']

/**
 * How this terminal stands with its relay: revoked, forked, or replaced by another directory. What the relay said once
 * outlives a restart, and ends with the epoch it was said of: pairing again begins the next one.
 */
export class Standing {
  readonly #options: StandingOptions

  constructor(options: StandingOptions) {
    this.#options = options
    this.apply()
  }

  /** Blocks the chain anew after it was read from the disk. */
  apply(): void {
    const { chain, bookkeeping, identity, copied } = this.#options
    const { standing } = bookkeeping.file
    if (standing?.epoch === identity().epoch) chain().block = standing.why
    else if (copied()) chain().block = 'copied'
  }

  /** The alarm, as long as the relay's operator has not settled it. */
  get fork(): ForkNotice | undefined {
    return this.#options.bookkeeping.file.fork ?? undefined
  }

  /** The name of an epoch that was asked for in the present one, and has not come. */
  get asked(): string | undefined {
    const { asking } = this.#options.bookkeeping.file
    return asking?.epoch === this.#options.identity().epoch ? asking.asked : undefined
  }

  async #block(why: Lasting): Promise<void> {
    const { chain, bookkeeping, identity, outside, log } = this.#options
    const { epoch } = identity()
    chain().block = why
    const { standing } = bookkeeping.file
    if (standing?.epoch === epoch && standing.why === why) return
    await bookkeeping.change({ standing: { epoch, why, at: outside.now().toISOString() } })
    log.error({ epoch, why }, 'the relay says that nothing may be sealed here any more')
  }

  /** Takes in why the relay did not let this terminal in. */
  async refused({ code }: Refused): Promise<void> {
    if (code === 'revoked') await this.#block('revoked')
  }

  /** Takes in what the relay said of this terminal when it connected. */
  async learn(granted: ConnectResponse): Promise<void> {
    const { identity, changeIdentity, chain, bookkeeping, log } = this.#options
    if (granted.intake !== undefined) {
      await this.#block('revoked')
      return
    }
    if (granted.role !== identity().role) await changeIdentity({ role: granted.role })
    const fork = granted.fork ?? null
    if (JSON.stringify(fork) !== JSON.stringify(bookkeeping.file.fork ?? null)) {
      await bookkeeping.change({ fork })
      if (fork) log.error({ ...fork }, 'fork alarm: two live copies of this terminal were seen')
    }
    // A directory that knows it is a copy asks for an epoch of its own.
    if (chain().block === 'copied') return
    const { asking } = bookkeeping.file
    if (epochBefore(identity().epoch, granted.epoch)) {
      // The later epoch may be the one that was asked for here, and whose answer was lost.
      if (asking && this.asked !== undefined) chain().block = asking.reason
      else await this.#block('superseded')
    } else if (fork?.ended) await this.#block('forked')
    else if (granted.lastPosition > chain().state.position && chain().block === undefined) {
      chain().block = 'restored'
      log.warn(
        { here: chain().state.position, relay: granted.lastPosition },
        'the relay holds later records of this terminal',
      )
    }
  }

  /** Takes the name over that the relay's operator gave this terminal. */
  async named(name: string | undefined): Promise<void> {
    const { identity, changeIdentity, log } = this.#options
    if (name === undefined || name === '' || name === identity().name) return
    log.info({ name, before: identity().name }, 'the relay operator renamed this terminal')
    await changeIdentity({ name })
  }

  /**
   * Asks for a new epoch where the old series cannot go on, or the relay's operator decided so; in that case sealing
   * goes on in the old one until the new one is there.
   * @returns the epoch, where one was given
   */
  async unblock(session: RelaySession, signal: AbortSignal): Promise<string | undefined> {
    const { chain, changeIdentity, adoptDirectory, onNewEpoch, identity, log } = this.#options
    const isMoved = session.granted.move?.epoch === identity().epoch
    const block = chain().block ?? (isMoved ? 'moved' : undefined)
    if (block === undefined || block === 'superseded' || block === 'revoked') return undefined
    let epoch: string
    try {
      epoch = await session.epoch(block, block === 'copied' ? undefined : await this.#ask(block), signal)
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'epoch-ended') throw error
      await this.#block('superseded')
      return undefined
    }
    await changeIdentity({ epoch })
    await chain().beginEpoch()
    await adoptDirectory()
    if (block === 'copied' || block === 'restored' || block === 'damaged') await onNewEpoch(block)
    log.warn({ epoch, reason: block }, 'this terminal seals in a new epoch')
    return epoch
  }

  /**
   * The name to ask under, on the disk before it is used: an epoch whose answer is lost is asked for again. A copy has
   * no such name: its original may carry the same one.
   */
  async #ask(reason: 'restored' | 'damaged' | 'forked' | 'moved'): Promise<string> {
    const { bookkeeping, identity, outside } = this.#options
    if (this.asked !== undefined) return this.asked
    const asked = newId('ask', outside.random)
    await bookkeeping.change({ asking: { epoch: identity().epoch, reason, asked } })
    return asked
  }
}
