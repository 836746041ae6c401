import { randomBytes } from 'node:crypto'
import type { ServerAddress } from '../../contestant.js'
import { dayBegins, invoicesOf, type InvoiceSpec } from '../../invoices.js'
import { saleOf } from './mapping.js'
import type { Product, ProductAgent } from './product.js'
import type { RelayOperator } from './relay.js'

export interface TillStart {
  readonly dir: string
  readonly server: ServerAddress
  readonly terminal: string
  readonly role: 'till' | 'manager'
  /** Nothing of the relay is fetched yet. */
  readonly fresh: boolean
  /** It was paired before, and fetches what the relay has. */
  readonly sync?: boolean
  /** In place of the one shop there is otherwise. */
  readonly shop?: string
}

/** A terminal of the product in this process, with a clock that stands at its invoices' days while it makes them. */
export class Till {
  readonly agent: ProductAgent
  readonly #clock: { at: number | undefined }

  private constructor(agent: ProductAgent, clock: { at: number | undefined }) {
    this.agent = agent
    this.#clock = clock
  }

  /** Pairs a new directory. */
  static async pair(
    product: Product,
    operator: RelayOperator,
    { dir, server, terminal, role, shop }: Pick<TillStart, 'dir' | 'server' | 'terminal' | 'role' | 'shop'>,
  ): Promise<void> {
    const code = await operator.pairingCode(terminal, role, shop)
    const now = (): Date => new Date()
    const { disk } = product
    const held = await product.openDirectory({ directory: dir, kind: 'terminal', create: true, disk, now })
    try {
      const url = `http://${server.host}:${server.port}`
      await product.pair(dir, disk, url, code, AbortSignal.timeout(60_000))
      await held.adopt()
    } finally {
      await held.release()
    }
  }

  /** Opens a terminal's directory; one that is new is paired first. */
  static async open(
    product: Product,
    operator: () => Promise<RelayOperator>,
    { dir, server, terminal, role, fresh, sync = false }: TillStart,
  ): Promise<Till> {
    const clock: { at: number | undefined } = { at: dayBegins(0, 1) }
    const now = (): Date => new Date(clock.at ?? Date.now())
    const paired = (await product.readChecked(product.disk, `${dir}/terminal.json`)) !== undefined
    if (!paired) await Till.pair(product, await operator(), { dir, server, terminal, role })
    const outside = {
      disk: product.disk,
      now,
      random: (bytes: number) => new Uint8Array(randomBytes(bytes)),
    }
    const till = new Till(await product.openAgent({ directory: dir, outside, log: LOG }), clock)
    if ((!paired && !fresh) || sync) {
      await till.online(() => till.agent.sync())
      // The catalogue is edited in online mode; for what is made offline a person disconnects.
      if (role === 'till') await till.agent.disconnect('Asha Kulkarni')
    }
    return till
  }

  /** Seals these invoices. @returns milliseconds of each seal */
  async make(spec: InvoiceSpec): Promise<number[]> {
    const latenciesMs: number[] = []
    for (const invoice of invoicesOf(spec)) {
      const sale = saleOf(invoice)
      this.#clock.at = Date.parse(invoice.at)
      const begun = performance.now()
      const { again } = await this.agent.till.sell(sale)
      latenciesMs.push(performance.now() - begun)
      if (again) throw new Error(`${invoice.id} was sealed before`)
    }
    return latenciesMs
  }

  /** Runs what talks to the relay, with the time it is there. */
  async online<R>(work: () => Promise<R>): Promise<R> {
    const { at } = this.#clock
    this.#clock.at = undefined
    try {
      return await work()
    } finally {
      this.#clock.at = at
    }
  }

  /**
   * *Sync Data To Server*: resolves when receipts for everything were verified here. Where the connection is lost it is
   * given again, as the product tells its user to; the time goes on.
   */
  async sync(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        const { complete, notTaken } = await this.online(() => this.agent.sync())
        if (complete) return
        throw new Error(`Not everything was taken: ${JSON.stringify(notTaken.slice(0, 5))}`)
      } catch (error) {
        if ((error as { code?: string }).code !== 'link-lost' || tries === MOST_TRIES) throw error
        console.error(`counterfoil: the connection was lost; try ${tries + 1}`)
      }
    }
  }
}

const MOST_TRIES = 5

const LOG = {
  info: () => undefined,
  warn: (fields: object, message: string) => console.error('counterfoil warns:', message, fields),
  error: (fields: object, message: string) => console.error('counterfoil fails:', message, fields),
}
