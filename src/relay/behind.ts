import type { ShopTerminal } from '../docs/shop.js'
import type { FleetOptions } from './fleet.js'

/** A terminal that holds receipts which this relay does not remember: it was restored from a backup (S5). */
export interface StillBehind {
  readonly shop: string
  readonly terminal: string
  readonly at: string
  /** Receipts given since the backup, as far as this terminal's tell. */
  readonly by: number
  readonly what: string
}

/** Notices that this relay was restored from a backup, terminal by terminal, until each has handed in all it has. */
export class Behind {
  readonly #options: FleetOptions

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** @param held serial of the last receipt the terminal says it holds */
  async atConnect(terminal: ShopTerminal, held: number): Promise<void> {
    const { issued, shops, incidents, now } = this.#options
    const remembered = issued.serialOf(terminal.id)
    if (held <= remembered) return
    await shops.note(terminal.id, 'behind', 'restored from a backup, behind of', 'relay', ({ behind }) =>
      behind && !behind.healed && behind.held >= held
        ? undefined
        : { at: now().toISOString(), held, remembered },
    )
    await incidents.note({
      kind: 'behind',
      code: 'restored-from-backup',
      reason: `terminal ${terminal.name} holds receipt ${held}; this relay remembers none after ${remembered}`,
      terminal: terminal.id,
    })
  }

  /** Whether this relay waits for the rest of what a terminal holds. */
  of(terminal: string): boolean {
    const { behind } = this.#options.shops.terminal(terminal)?.terminal ?? {}
    return behind !== undefined && !behind.healed
  }

  /** The terminal was given a receipt for the rest of what it holds. */
  async healed(terminal: string): Promise<void> {
    const { shops, now } = this.#options
    const { behind } = shops.terminal(terminal)?.terminal ?? {}
    if (!behind || behind.healed) return
    await shops.note(terminal, 'behind', 'caught up with', 'relay', (present) =>
      present.behind ? { ...present.behind, healed: now().toISOString() } : undefined,
    )
  }

  list(): StillBehind[] {
    return this.#options.shops.all().flatMap((shop) =>
      [...shop.terminals.values()].flatMap(({ name, behind }) => {
        if (!behind || behind.healed) return []
        const by = behind.held - behind.remembered
        const what = `This relay was restored from a backup: it is behind of terminal ${name} by up to ${by} receipts, and gets back what the terminal still holds when that syncs.`
        return [{ shop: shop.name, terminal: name, at: behind.at, by, what }]
      }),
    )
  }
}
