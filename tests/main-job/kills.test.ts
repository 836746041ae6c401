import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BookSummary } from '../../src/docs/generated/types.js'
import type { ForceResult } from '../../src/terminal/force.js'
import type { SyncResult } from '../../src/terminal/syncer.js'
import { seeded } from '../support/keys.js'
import { Moments } from './moments.js'
import { salesOnDisk } from './on-disk.js'
import { faultsOfNumbers, firstSales, readRows, reconcile, SALES_FILE, salesOf, writeRows } from './sales.js'
import { ask, PATIENCE_MS, useShops, type Terminal } from './shop.js'

const openShop = useShops()

const KILLS = Number(process.env['COUNTERFOIL_KILLS'] ?? 4)
/** Sales that each round adds, for its sync and its force-complete to have something to do. */
const ROUND = 6
const MOST_SALES = 25 * ROUND

/** A failing run can be repeated with the seed it printed. */
const seed = Number(process.env['COUNTERFOIL_SEED'] ?? randomInt(2 ** 31))

test(
  'D3 N1 P1 S2 replay, sync and force-complete killed with -9 at a dozen random moments, and run again: as if never killed',
  async () => {
    console.info(`seed ${seed}: set COUNTERFOIL_SEED to repeat this run`)
    const random = seeded(seed)
    const shop = await openShop()
    const terminal = await shop.terminal('T01')
    const rows = firstSales(await readRows(SALES_FILE), MOST_SALES)
    const { inFileOrder } = reconcile(rows)
    const file = await writeRows(join(shop.folder, 'sales.csv'), rows)

    const moments = new Moments(terminal, shop.wire)
    let limit = ROUND
    const commands = {
      replay: () => terminal.begin('replay', '--sales', file, '--limit', String(limit)),
      sync: () => terminal.begin('sync'),
      force: () => terminal.begin('force'),
    }
    const names = Object.keys(commands) as (keyof typeof commands)[]
    const lengths = { replay: 0, sync: 0, force: 0 }
    const seen = new Seen()
    for (const name of names) {
      lengths[name] = await moments.count(commands[name]())
      expect(await seen.look(terminal)).toEqual([])
    }

    const kills = { replay: 0, sync: 0, force: 0 }
    while (Math.min(...Object.values(kills)) < KILLS) {
      limit += ROUND
      expect(limit, `kills that hit: ${JSON.stringify(kills)}`).toBeLessThanOrEqual(MOST_SALES)
      for (const name of names) {
        const moment = 1 + Math.floor(random() * lengths[name])
        const ended = await moments.killAt(moment, commands[name]())
        if (ended.signal === 'SIGKILL') kills[name] += 1
        else expect(ended.code, `${name}: ${ended.stderr}`).toBe(0)
        expect(await seen.look(terminal), `${name} killed at moment ${moment}`).toEqual([])
        // What the replay had told of is on the disk, or was before it was handed off.
        const told = name === 'replay' ? Number(/.*sealed: (\d+) of/s.exec(ended.stderr)?.[1] ?? 0) : 0
        const lost = inFileOrder.slice(0, told).filter(([ref]) => !seen.numbers.has(ref))
        expect(lost, `replay killed at moment ${moment}`).toEqual([])
      }
    }
    moments.close()

    const expected = reconcile(firstSales(rows, limit))
    const last = await terminal.replay(file, '--limit', String(limit))
    expect(last.sealed + last.creditNotes + last.sealedBefore).toBe(limit)
    expect(last.total.minor).toBe(expected.minor)
    // The first ends what the last kill has cut; the second hands off what was sealed since. The relay's summary of the
    // sales may change meanwhile, and is kept then; that no sale is, is looked at below.
    await terminal.run<ForceResult>('force')
    expect(await terminal.run<ForceResult>('force')).toMatchObject({ notTaken: [] })
    expect(await terminal.run<SyncResult>('sync')).toMatchObject({ complete: true })

    const atRelay = await shop.exported()
    expect(salesOf(atRelay)).toEqual(expected.sales)
    expect(faultsOfNumbers(atRelay.map(({ number }) => number))).toEqual([])
    for (const { externalRef, number, custody } of atRelay) {
      expect(custody).toBe('receipted')
      expect(seen.numbers.get(externalRef ?? '') ?? number).toBe(number)
    }
    expect(await salesOnDisk(terminal.data)).toEqual(new Map())

    const served = await terminal.serve()
    const { sales } = await ask<{ sales: BookSummary[] }>(served, '/v1/shop')
    const payable = sales.reduce((sum, { totals }) => sum + totals.payable, 0)
    expect(payable).toBe(expected.minor)
    const often = [...expected.sold].filter(([, quantity]) => quantity > 100)
    expect(often.length).toBeGreaterThan(10)
    for (const [sku, quantity] of often) {
      const { soldBy } = await ask<{ soldBy: object }>(served, `/v1/stock/${encodeURIComponent(sku)}`)
      expect(soldBy, sku).toEqual({ T01: String(quantity) })
    }
  },
  PATIENCE_MS,
)

/** What was ever seen on a terminal's disk: a sale that was there keeps its number, whatever is killed. */
class Seen {
  readonly numbers = new Map<string, string>()

  /** @returns sales that have another number than before */
  async look({ data }: Terminal): Promise<string[]> {
    const changed: string[] = []
    for (const [ref, number] of await salesOnDisk(data)) {
      const before = this.numbers.get(ref) ?? number
      if (before !== number) changed.push(`${ref}: ${before}, now ${number}`)
      this.numbers.set(ref, number)
    }
    return changed
  }
}
