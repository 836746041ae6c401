import type { TerminalReport } from '../../../src/docs/generated/types.js'
import { VERSION } from '../../../src/protocol/version.js'

/** A report as an honest terminal would send it, with what a test wants to be otherwise. */
export function reportOf(at: Date, over: Partial<TerminalReport> = {}): TerminalReport {
  return {
    at: at.toISOString(),
    mode: 'disconnected',
    version: VERSION,
    epoch: 'A',
    unreceipted: {
      invoices: 3,
      creditNotes: 1,
      payable: 40_000,
      documents: 2,
      oldest: '2026-04-01T05:00:00.000Z',
    },
    serial: 7,
    next: [{ type: 'invoice', number: 'T01A/2627/000004' }],
    storage: { used: 1_000_000, free: 5_000_000_000 },
    damage: 0,
    ...over,
  }
}
