import type { NextNumber, TerminalReport } from '../docs/generated/types.js'
import { numberFor } from '../docs/compose.js'
import { SeriesExhausted } from '../docs/series.js'
import { ShopIncomplete } from '../docs/shop.js'
import type { Disk } from '../storage/disk.js'
import { StorageUse } from '../storage/usage.js'
import type { Agent } from './agent.js'

const FAILURE_LENGTH = 300

export interface ReportSources {
  readonly disk: Disk
  readonly now: () => Date
  /** Absolute path of the data directory. */
  readonly directory: string
}

/** @returns what makes a report of an agent as it is at that moment */
export function reportComposer(agent: Agent, sources: ReportSources): () => Promise<TerminalReport> {
  const use = new StorageUse(sources.disk, sources.directory)
  return async () => {
    const { mode, version, unreceipted, damage, blocked, log, training, storage } = await agent.status()
    const { message } = storage
    const { invoices, creditNotes, payable, documents, oldest } = unreceipted
    return {
      at: sources.now().toISOString(),
      mode,
      version,
      epoch: agent.identity.epoch,
      unreceipted: {
        invoices,
        creditNotes,
        payable,
        documents,
        ...(oldest === undefined ? {} : { oldest }),
      },
      serial: agent.disk.ledger.serial,
      next: nextNumbers(agent, sources.now()),
      storage: await use.read(),
      ...(blocked ? { blocked: blocked.why } : {}),
      damage: damage.length,
      ...(log ? { logAlarm: { at: log.at, kind: log.kind } } : {}),
      ...(training ? { training } : {}),
      ...(message ? { storageFailure: message.slice(0, FAILURE_LENGTH) } : {}),
    }
  }
}

function nextNumbers({ chain, documents }: Agent, at: Date): NextNumber[] {
  try {
    const moment = { shop: documents.shop(), at }
    return (['invoice', 'credit-note'] as const).map((type) => ({
      type,
      number: numberFor(chain.state, type, moment),
    }))
  } catch (error) {
    // Before the first sync there is no shop; a series may be used up.
    if (error instanceof ShopIncomplete || error instanceof SeriesExhausted) return []
    throw error
  }
}
