import type { ChainState } from '../docs/chain-state.js'
import { composeEvent, settleBill } from '../docs/compose.js'
import type { TrainingSale } from '../docs/generated/types.js'
import type { BillInput } from '../docs/pricing.js'
import { Refused } from '../protocol/problem.js'
import type { Chain } from './chain.js'
import type { Sale, Till } from './till.js'

export interface TrainingOptions {
  readonly chain: Chain
  readonly till: Pick<Till, 'exactly'>
}

/**
 * Training mode: everything of a sale is done but the sale. What is practised is recorded in the chain as an event, so
 * that training cannot be used to hide a sale, and has no number, no place in a total and none in the stock. Whether it
 * is on follows from the chain itself; it stays on over a restart, and a new epoch begins without it.
 */
export class Training {
  readonly #options: TrainingOptions

  constructor(options: TrainingOptions) {
    this.#options = options
  }

  /** Since when it is on, and who began it; undefined while it is off. */
  get on(): ChainState['training'] {
    return this.#options.chain.state.training
  }

  /** @throws Refused `blocked-…`, StorageWriteError; then it is not on */
  async start(by: string): Promise<void> {
    if (!this.on) await this.#options.chain.event(by, 'training-start')
  }

  /** @throws Refused `blocked-…`, StorageWriteError; then it is still on */
  async end(by: string): Promise<void> {
    if (this.on) await this.#options.chain.event(by, 'training-end')
  }

  /**
   * Prices and settles a bill as sealing would, and records that it was practised.
   * @throws PricingError, TenderError, Refused `not-in-training`, StorageWriteError; then nothing was recorded
   */
  async sell(by: string, bill: string, sale: BillInput & Pick<Sale, 'tenders'>): Promise<TrainingSale> {
    const { chain, till } = this.#options
    let practised: TrainingSale | undefined
    await chain.seal((state, moment) => {
      if (!state.training) {
        throw new Refused(
          'conflict',
          'not-in-training',
          'This terminal is not in training mode. Cancel this bill; what is sold is put on a new one.',
        )
      }
      const { priced, tenders, change } = settleBill(moment, { ...sale, tenders: till.exactly(sale) })
      const { lines, taxes, totals } = priced
      const { currency } = moment.shop.policy
      const detail = { bill, lines: lines.length, payable: totals.payable, currency }
      const record = composeEvent(state, moment, by, 'training-sale', detail)
      practised = {
        at: record.at,
        by,
        currency,
        lines: [...lines],
        taxes: [...taxes],
        totals,
        tenders,
        change,
      }
      return record
    })
    if (!practised) throw new Error('a record was sealed without having been composed')
    return practised
  }
}

/** @throws Refused `training-mode` while it is on */
export function refuseInTraining({ training }: ChainState): void {
  if (!training) return
  throw new Refused(
    'conflict',
    'training-mode',
    `This terminal is in training mode since ${training.at}, begun by ${training.by}: nothing is sealed here as a sale. End training mode first.`,
    { ...training },
  )
}
