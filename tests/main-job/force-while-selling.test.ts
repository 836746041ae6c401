import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ExportedInvoice } from '../../src/docs/generated/types.js'
import type { ForceResult } from '../../src/terminal/force.js'
import type { Status } from '../../src/terminal/status.js'
import type { SyncResult } from '../../src/terminal/syncer.js'
import type { Served } from '../support/processes.js'
import { salesOnDisk } from './on-disk.js'
import { faultsOfNumbers, firstSales, readRows, reconcile, SALES_FILE, salesOf, writeRows } from './sales.js'
import { ask, PATIENCE_MS, useShops } from './shop.js'

const openShop = useShops()

/** Past the handshake and far from the end: in the middle of what is sent. */
const MIDWAY_BYTES = 20_000
const AT_THE_COUNTER = 5

/** Sells one postcard at the counter. @returns its number */
async function sellCard(served: Served, ref: string): Promise<string> {
  const line = { id: '1', sku: 'CARD', name: 'Postcard', quantity: '1', price: { minor: 120 }, taxes: [] }
  const sale = { lines: [line], tenders: { exactly: { type: 'cash' } }, externalRef: ref }
  const { invoice } = await ask<{ invoice: ExportedInvoice }>(served, '/v1/sales', sale)
  return invoice.number
}

const numbersOf = (sales: readonly ExportedInvoice[]): string[] => sales.map(({ number }) => number)

test(
  'P1 S1 N1 force-complete while the till goes on selling: receipted sales leave the disk, every sale made meanwhile stays, the numbers go on',
  async () => {
    const shop = await openShop()
    const terminal = await shop.terminal('T01')
    const rows = firstSales(await readRows(SALES_FILE), 160)
    const file = await writeRows(join(shop.folder, 'sales.csv'), rows)
    const before = 100
    await terminal.replay(file, '--limit', String(before))
    // Were nothing found here, nothing would be proven by finding nothing afterwards.
    expect((await salesOnDisk(terminal.data)).size).toBe(before)

    const served = await terminal.serve()
    const held = shop.wire.holdAfter(MIDWAY_BYTES)
    const force = terminal.begin('force')
    const replay = terminal.begin('replay', '--sales', file, '--rate', '40/s')
    await held
    const cards: string[] = []
    const sellOne = async (): Promise<void> => {
      cards.push(await sellCard(served, `card ${cards.length}`))
    }
    for (let index = 0; index < AT_THE_COUNTER; index += 1) await sellOne()
    const { force: journal, syncing } = await ask<Status>(served, '/v1/status')
    expect([journal?.state, syncing]).toEqual(['uploading', true])
    shop.wire.release()
    while (force.process.exitCode === null) await sellOne()
    const forced = await force.ended
    expect(forced.code, forced.stderr).toBe(0)
    expect(JSON.parse(forced.stdout) as ForceResult).toMatchObject({ kept: 0, notTaken: [] })
    const replayed = await replay.ended
    expect(replayed.code, replayed.stderr).toBe(0)

    const here = await terminal.exported()
    const there = await shop.exported()
    expect(new Set(here.map(({ custody }) => custody))).toEqual(new Set(['none']))
    expect(new Set(there.map(({ custody }) => custody))).toEqual(new Set(['receipted']))
    expect(there.length).toBeGreaterThanOrEqual(before)
    expect(numbersOf(here)).toEqual(expect.arrayContaining(cards))
    await served.stop()
    const onDisk = await salesOnDisk(terminal.data)
    expect([...onDisk.values()].toSorted()).toEqual(numbersOf(here).toSorted())
    expect(numbersOf(there).filter((number) => numbersOf(here).includes(number))).toEqual([])

    // After a restart the next sale gets the next number, whether the last one is still here or not.
    const counter = await terminal.serve()
    const next = await sellCard(counter, 'the next')
    const invoices = [...here, ...there].filter(({ type }) => type === 'invoice')
    expect(Number(next.slice(-6))).toBe(invoices.length + 1)
    expect(await terminal.run<SyncResult>('sync')).toMatchObject({ complete: true })
    const all = await shop.exported()
    expect(faultsOfNumbers(numbersOf(all))).toEqual([])
    const isCard = ({ externalRef }: ExportedInvoice): boolean => /card|next/.test(externalRef ?? '')
    expect(salesOf(all.filter((sale) => !isCard(sale)))).toEqual(reconcile(rows).sales)
    expect(numbersOf(all.filter(isCard)).toSorted()).toEqual([...cards, next].toSorted())
  },
  PATIENCE_MS,
)

test(
  'S1 sealing goes on while a sync is held up on its way, and the sync then ends well',
  async () => {
    const shop = await openShop()
    const terminal = await shop.terminal('T01')
    const rows = firstSales(await readRows(SALES_FILE), 100)
    const served = await terminal.serve()
    await terminal.replay(await writeRows(join(shop.folder, 'sales.csv'), rows))
    const held = shop.wire.holdAfter(MIDWAY_BYTES)
    const sync = terminal.begin('sync')
    await held
    const cards: string[] = []
    for (let index = 0; index < AT_THE_COUNTER; index += 1)
      cards.push(await sellCard(served, `card ${index}`))
    expect(await ask<Status>(served, '/v1/status')).toMatchObject({ syncing: true, link: { state: 'up' } })
    shop.wire.release()
    const { code, stderr } = await sync.ended
    expect(code, stderr).toBe(0)
    await terminal.run('sync')
    const all = await shop.exported()
    expect(numbersOf(all)).toEqual(expect.arrayContaining(cards))
    expect(all).toHaveLength(100 + AT_THE_COUNTER)
    expect(faultsOfNumbers(numbersOf(all))).toEqual([])
  },
  PATIENCE_MS,
)
