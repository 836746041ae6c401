import { isIntakeOpen, isRevoked, type IntakeWindow } from '../docs/fleet.js'
import type { ShopTerminal } from '../docs/shop.js'
import { CLOSE } from '../protocol/close-codes.js'
import type { CustodyReceipt } from '../protocol/receipt.js'
import type { Decided, FleetOptions } from './fleet.js'
import { notRevoked } from './revocation.js'

/**
 * Windows in which a revoked terminal may hand in its own day books, and do nothing else. An operator opens each; it
 * closes by itself. Every step is an incident, and in the history of the shop.
 */
export class Intake {
  readonly #options: FleetOptions
  readonly #timers = new Map<string, NodeJS.Timeout>()

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Goes on with the windows that were open when this relay ended. */
  async load(): Promise<void> {
    for (const shop of this.#options.shops.all()) {
      for (const terminal of shop.terminals.values()) {
        if (isRevoked(terminal) && terminal.intake && !terminal.intake.closed) await this.#watch(terminal.id)
      }
    }
  }

  /** @throws Refused `not-revoked`: any other terminal syncs as it always does */
  async open(
    shopName: string,
    name: string,
    seconds: number,
    { by, reason }: Decided,
  ): Promise<IntakeWindow> {
    const { shops, now } = this.#options
    const { terminal } = shops.named(shopName, name)
    if (!isRevoked(terminal)) throw notRevoked(shopName, name)
    const at = now()
    const window: IntakeWindow = {
      at: at.toISOString(),
      by,
      ...(reason === undefined ? {} : { reason }),
      until: new Date(at.getTime() + seconds * 1_000).toISOString(),
    }
    await shops.note(terminal.id, 'intake', `until ${window.until} take in day books of`, by, () => window)
    const why = reason === undefined ? '' : `: ${reason}`
    await this.#incident(
      terminal.id,
      'opened',
      `${by} lets ${name} hand in its day books until ${window.until}${why}`,
    )
    await this.#watch(terminal.id)
    return window
  }

  /** Closes the window now, if one is open. */
  async close(shopName: string, name: string, { by }: Decided): Promise<ShopTerminal> {
    const { terminal } = this.#options.shops.named(shopName, name)
    await this.#close(terminal.id, by)
    return this.#options.shops.named(shopName, name).terminal
  }

  async #close(id: string, by: string): Promise<void> {
    const { shops, now, hangUp } = this.#options
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    let closed = false
    const { name } = await shops.note(id, 'intake', 'end to take in day books of', by, ({ intake }) => {
      if (!intake || intake.closed) return undefined
      closed = true
      return { ...intake, closed: { at: now().toISOString(), by } }
    })
    if (!closed) return
    // A terminal that was reinstated and paired again is not in the window any more.
    const terminal = shops.terminal(id)?.terminal
    if (terminal && isRevoked(terminal)) hangUp(id, CLOSE.intakeOver)
    await this.#incident(id, 'closed', `${by} closed the intake of ${name}`)
  }

  /** Closes it when its time is over. */
  async #watch(id: string): Promise<void> {
    const { shops, now, log } = this.#options
    const terminal = shops.terminal(id)?.terminal
    if (!terminal?.intake || terminal.intake.closed) return
    clearTimeout(this.#timers.get(id))
    const left = Date.parse(terminal.intake.until) - now().getTime()
    if (left <= 0) {
      await this.#close(id, 'relay')
      return
    }
    const timer = setTimeout(() => {
      this.#watch(id).catch((error: unknown) =>
        log.error(
          { terminal: id, error: (error as Error).message },
          'the end of an intake could not be noted',
        ),
      )
    }, left)
    timer.unref()
    this.#timers.set(id, timer)
  }

  /** @returns until when a terminal may hand in what it holds; undefined for one that may not */
  async atConnect(terminal: ShopTerminal): Promise<string | undefined> {
    if (!terminal.intake || !isIntakeOpen(terminal, this.#options.now())) return undefined
    await this.#incident(terminal.id, 'connected', `${terminal.name} connected to hand in its day books`)
    return terminal.intake.until
  }

  async handedIn(terminal: string, receipts: readonly CustodyReceipt[]): Promise<void> {
    for (const { body } of receipts) {
      const reason = `${body.documents.length} day books were handed in, receipt ${body.serial}`
      await this.#incident(terminal, `handed-in-${body.serial}`, reason)
    }
  }

  /** Each step of each window stands by itself: incidents of one code are counted and not listed again. */
  #incident(terminal: string, step: string, reason: string): Promise<void> {
    const { incidents, shops, log } = this.#options
    const at = Date.parse(shops.terminal(terminal)?.terminal.intake?.at ?? '')
    log.info({ terminal, step }, reason)
    return incidents.note({ kind: 'intake', code: `${step}-${at}`, reason, terminal })
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }
}
