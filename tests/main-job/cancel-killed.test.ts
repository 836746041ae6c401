import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Cancelled, ExportedInvoice } from '../../src/docs/generated/types.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { Force, type ForceResult } from '../../src/terminal/force.js'
import type { Status } from '../../src/terminal/status.js'
import { EVERY, FIRST } from '../storage/disks.js'
import { salesOnDisk } from './on-disk.js'
import { faultsOfNumbers } from './sales.js'
import { ask, PATIENCE_MS, useShops, type Terminal } from './shop.js'

const openShop = useShops()

const KILLER = new URL('killed-when-cancelled.mjs', import.meta.url)

/** What a force-complete is about to do when it is cancelled. */
const HELD = {
  'it exports': 'open wx+ handoff.bundle.body',
  'it uploads': 'open r handoff.bundle',
  'its receipts are noted': 'sync receipts.log',
}

/**
 * Every third moment, beginning with another one each time: each takes two processes. `cancelled.test.ts` has all of them
 * within one process; COUNTERFOIL_EVERY=1 has all of them here.
 */
const STRIDE = Math.min(EVERY, 3)

/** One durable write after the cancelling. */
interface Moment {
  readonly side: 'before' | 'after'
  readonly write: number
}

/** A terminal and the number of each sale it has sealed, by its reference. */
class Counter {
  readonly terminal: Terminal
  readonly sealed = new Map<string, string>()

  constructor(terminal: Terminal) {
    this.terminal = terminal
  }

  /** Sells, begins a force-complete, cancels it, and kills the process at a moment or after the answer. */
  async cancelled(held: string, { side, write }: Moment) {
    const served = await this.terminal.serve({
      NODE_OPTIONS: `--import=${fileURLToPath(KILLER)}`,
      COUNTERFOIL_HOLD: held,
      COUNTERFOIL_KILL: `${side} ${write}`,
    })
    const fresh = new Map<string, string>()
    for (let sale = 0; sale < 2; sale += 1) {
      const externalRef = `card ${this.sealed.size}`
      const line = { id: '1', sku: 'CARD', name: 'Postcard', quantity: '1', price: { minor: 120 }, taxes: [] }
      const body = { lines: [line], tenders: { exactly: { type: 'cash' } }, externalRef }
      const { invoice } = await ask<{ invoice: ExportedInvoice }>(served, '/v1/sales', body)
      fresh.set(externalRef, invoice.number)
      this.sealed.set(externalRef, invoice.number)
    }
    // It ends with the process, or is told that it was cancelled.
    const force = ask<ForceResult>(served, '/v1/force', {}).catch(() => undefined)
    await served.says(/^held$/m)
    const answered = await ask<Cancelled>(served, '/v1/work/cancel', {}).then(
      ({ cancelled }) => cancelled,
      (error: Error) => {
        // No answer at all: the process has ended.
        if (!(error instanceof TypeError)) throw error
        return undefined
      },
    )
    await served.kill()
    return { answered, fresh, result: await force, writes: served.log() }
  }

  /** Starts it again, and runs two force-completes: the first may be the end of the one that was under way. */
  async ended() {
    const served = await this.terminal.serve()
    const { force: found } = await ask<Status>(served, '/v1/status')
    const results = [
      await ask<ForceResult>(served, '/v1/force', {}),
      await ask<ForceResult>(served, '/v1/force', {}),
    ]
    const { force: left } = await ask<Status>(served, '/v1/status')
    await served.stop()
    return { found, notTaken: results.flatMap(({ notTaken }) => notTaken), left }
  }
}

for (const [moment, held] of Object.entries(HELD)) {
  test(
    `D3 P1 a force-complete cancelled while ${moment}, killed with -9 before or after a durable write of that, is under way or cancelled, and loses nothing`,
    async () => {
      const shop = await openShop()
      const counter = new Counter(await shop.terminal('T01'))
      const { data } = counter.terminal
      const found: string[] = []
      const isEnded = async ({ side, write }: Moment): Promise<boolean> => {
        const { answered, fresh, result, writes } = await counter.cancelled(held, { side, write })
        const how = `killed ${side} write ${write}\n${writes}`
        expect(result, how).toBeUndefined()
        // Nothing may be deleted yet, so nothing may be gone.
        expect(await salesOnDisk(data), how).toEqual(fresh)
        const journal = await Force.readJournal(data, nodeDisk)
        expect(['exporting', 'uploading', 'verified'], how).toContain(journal?.state)
        const isCancelled = journal !== undefined && 'cancelledAt' in journal
        if (answered !== undefined) expect([answered, isCancelled], how).toEqual([true, true])
        found.push(isCancelled ? 'cancelled' : 'under way')
        const { found: restarted, notTaken, left } = await counter.ended()
        if (isCancelled) expect(restarted, how).toMatchObject({ state: journal.state, running: false })
        expect([notTaken, left?.state], how).toEqual([[], 'purged'])
        expect(await salesOnDisk(data), how).toEqual(new Map())
        return answered !== undefined
      }
      for (let at = FIRST % STRIDE; ; at += STRIDE) {
        const side = at % 2 === 0 ? 'before' : 'after'
        if (await isEnded({ side, write: 1 + Math.floor(at / 2) })) break
      }
      // Up to the rename of the journal it is under way, from there on it is cancelled.
      expect(found.toSorted().reverse()).toEqual(found)
      expect(found.at(-1)).toBe('cancelled')
      expect(found.length).toBeGreaterThan(2)

      const atRelay = await shop.exported()
      const numbers = atRelay.map(({ number }) => number)
      expect(numbers.toSorted()).toEqual([...counter.sealed.values()].toSorted())
      expect(faultsOfNumbers(numbers)).toEqual([])
      for (const { custody } of atRelay) expect(custody).toBe('receipted')
    },
    PATIENCE_MS,
  )
}
