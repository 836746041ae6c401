import type { ForkNotice, LogAlarmKind, SeenLog } from '../docs/generated/types.js'
import { ShopIncomplete, type Shop } from '../docs/shop.js'
import { VERSION } from '../protocol/version.js'
import type { Damage } from '../storage/quarantine.js'
import type { Agent } from './agent.js'
import { BLOCKS, forkMessage, type Block } from './blocks.js'
import type { Mode } from './bookkeeping.js'
import type { ImageFigures } from './images.js'
import type { HandoffJournal } from './force.js'
import type { LinkState } from './link.js'
import { logAlarmMessage } from './log-alarm.js'
import { addTallies, NO_TALLY, tallyOf, type Tally } from './tally.js'

/** What `status` tells and the page shows. Money in minor units. */
export interface Status {
  readonly terminal: {
    readonly id: string
    readonly code: string
    readonly name: string
    readonly role: string
    readonly epoch: string
  }
  readonly shop: {
    readonly id: string
    readonly name: string
    readonly currency: string | null
    readonly minorDigits: number | null
  }
  readonly relay: { readonly id: string; readonly url: string }
  readonly version: string
  readonly mode: Mode
  readonly link: { readonly state: LinkState['state']; readonly reason?: string; readonly retryAt?: string }
  readonly syncing: boolean
  /** What no verified custody receipt covers (S3). Nothing a person marks changes it. */
  readonly unreceipted: Tally & { readonly documents: number }
  /** Sales that can be purged: receipted, and still on this disk. */
  readonly receipted: Tally
  readonly images: ImageFigures
  readonly lastSync: string | null
  readonly markedSynced: string | null
  readonly force: {
    readonly state: HandoffJournal['state']
    readonly startedAt: string
    readonly running: boolean
  } | null
  readonly day: { readonly open: string | null; readonly lastClosed: string | null; readonly z: number }
  readonly blocked: { readonly why: Block; readonly message: string } | null
  /** Two live copies of this terminal were seen, and the relay's operator has not settled it. */
  readonly fork: { readonly at: string; readonly epoch: string; readonly message: string } | null
  /** The relay's log is not what this terminal saw of it. */
  readonly log: { readonly at: string; readonly kind: LogAlarmKind; readonly message: string } | null
  readonly damage: readonly Damage[]
  readonly storage: { readonly ok: boolean; readonly message?: string }
}

function shopOf(agent: Agent): Shop | undefined {
  try {
    return agent.documents.shop()
  } catch (error) {
    if (error instanceof ShopIncomplete) return undefined
    throw error
  }
}

function linkOf(state: LinkState): Status['link'] {
  if (state.state !== 'down') return { state: state.state }
  const { reason, retryAt } = state
  return { state: 'down', reason, ...(retryAt ? { retryAt: retryAt.toISOString() } : {}) }
}

function forkOf({ at, epoch, what }: ForkNotice): NonNullable<Status['fork']> {
  return { at, epoch, message: forkMessage(what) }
}

function logAlarmOf({ alarm }: SeenLog): Status['log'] {
  return alarm && { at: alarm.at, kind: alarm.kind, message: logAlarmMessage(alarm) }
}

async function tallies(agent: Agent): Promise<{ unreceipted: Tally; receipted: Tally }> {
  let unreceipted = NO_TALLY
  let receipted = NO_TALLY
  for (const book of await agent.books.onDisk()) {
    const all = await agent.books.tally(book)
    const open = await agent.books.unreceipted(book)
    // What a damaged book cannot show is not covered by any receipt of it either.
    const hidden = (await agent.books.hidden(book)).map(tallyOf)
    unreceipted = [open, ...hidden].reduce(addTallies, unreceipted)
    receipted = addTallies(receipted, {
      invoices: all.invoices - open.invoices,
      creditNotes: all.creditNotes - open.creditNotes,
      payable: all.payable - open.payable,
    })
  }
  return { unreceipted, receipted }
}

export async function readStatus(agent: Agent): Promise<Status> {
  const { identity, disk, chain, force } = agent
  const shop = shopOf(agent)
  const { unreceipted, receipted } = await tallies(agent)
  const { state } = chain
  return {
    terminal: {
      id: identity.terminal,
      code: identity.code,
      name: identity.name,
      role: identity.role,
      epoch: identity.epoch,
    },
    shop: {
      id: identity.shop,
      name: shop?.name ?? identity.shopName,
      currency: shop?.policy.currency ?? null,
      minorDigits: shop?.policy.minorDigits ?? null,
    },
    relay: { id: identity.relay, url: identity.relayUrl },
    version: VERSION,
    mode: agent.mode,
    link: linkOf(agent.link.state),
    syncing: agent.syncer.running || force.running || agent.images.running,
    unreceipted: { ...unreceipted, documents: await agent.local.countUnreceipted() },
    receipted,
    images: agent.images.figures(),
    lastSync: disk.bookkeeping.lastSync ?? null,
    markedSynced: disk.bookkeeping.markedSynced ?? null,
    force: force.journal
      ? { state: force.journal.state, startedAt: force.journal.order.startedAt, running: force.running }
      : null,
    day: { open: state.day ?? null, lastClosed: state.lastClosedDay ?? null, z: state.z },
    blocked: chain.block === undefined ? null : { why: chain.block, message: BLOCKS[chain.block] },
    fork: agent.standing.fork ? forkOf(agent.standing.fork) : null,
    log: logAlarmOf(disk.checkpoints.seen),
    damage: disk.durable.storage.damage(),
    storage: agent.storageFailure === undefined ? { ok: true } : { ok: false, message: agent.storageFailure },
  }
}
