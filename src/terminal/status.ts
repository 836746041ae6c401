import type { ForkNotice, SeenLog, TerminalStatus } from '../docs/generated/types.js'
import { ShopIncomplete, type Shop } from '../docs/shop.js'
import type { Told } from '../protocol/told.js'
import { VERSION } from '../protocol/version.js'
import type { Agent } from './agent.js'
import { BLOCKS, forkMessage } from './blocks.js'
import type { LinkState } from './link.js'
import { logAlarmMessage } from './log-alarm.js'
import { addTallies, NO_TALLY, tallyOf, type Tally } from './tally.js'

/** What `status` tells and the page shows. Money in minor units. */
export type Status = Told<TerminalStatus>

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
    training: state.training ?? null,
    log: logAlarmOf(disk.checkpoints.seen),
    damage: [...disk.durable.storage.damage(), ...disk.images.damage()],
    storage: agent.storageFailure === undefined ? { ok: true } : { ok: false, message: agent.storageFailure },
  }
}
