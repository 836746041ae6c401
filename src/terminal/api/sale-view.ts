import type { ExportedInvoice } from '../../docs/export.js'
import type { SaleView } from '../../docs/generated/types.js'
import { slipCode } from '../../docs/slip-code.js'
import type { Told } from '../../protocol/told.js'
import type { Agent } from '../agent.js'

/** The first 16 hexadecimal digits of a record's hash: what a person compares by eye. */
const SHORT_DIGITS = 16

/** A sale as the page lists and prints it. A day that was closed is never written again, so its date alone tells. */
export function saleView({ chain, identity }: Agent, sale: ExportedInvoice): Told<SaleView> {
  const { lastClosedDay, day } = chain.state
  const isClosed = lastClosedDay !== undefined && sale.day <= lastClosedDay && sale.day !== day
  const { number, sealedAt, total, hash } = sale
  const isOwn = sale.terminal === identity.code && sale.epoch === identity.epoch
  const facts = { number, sealedAt, payable: total.minor, currency: total.currency, hash }
  return {
    ...sale,
    state: sale.custody !== 'receipted' ? 'here' : isClosed ? 'closed' : 'relay',
    shortHash: Buffer.from(hash, 'base64url').toString('hex').slice(0, SHORT_DIGITS),
    ...(isOwn ? { qr: slipCode(facts, identity.signer) } : {}),
  }
}
