import type { ExportedInvoice } from '../../docs/export.js'
import type { Agent } from '../agent.js'

/**
 * Where a sale is. here: on this terminal only, as far as it knows. relay: a verified custody receipt covers it (S3).
 * closed: and its business day is closed.
 */
export type SaleState = 'here' | 'relay' | 'closed'

export interface SaleView extends ExportedInvoice {
  readonly state: SaleState
}

/** A sale as the page lists it. A day that was closed is never written again, so its date alone tells. */
export function saleView({ chain }: Agent, sale: ExportedInvoice): SaleView {
  const { lastClosedDay, day } = chain.state
  const isClosed = lastClosedDay !== undefined && sale.day <= lastClosedDay && sale.day !== day
  return { ...sale, state: sale.custody !== 'receipted' ? 'here' : isClosed ? 'closed' : 'relay' }
}
