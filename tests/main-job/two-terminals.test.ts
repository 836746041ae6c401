import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { BookSummary, ExportedInvoice } from '../../src/docs/generated/types.js'
import type { SyncResult } from '../../src/terminal/syncer.js'
import { faultsOfNumbers, halves, readRows, reconcile, SALES_FILE, salesOf, writeRows } from './sales.js'
import { ask, PATIENCE_MS, useShops } from './shop.js'

const openShop = useShops()

interface ItemAnswer {
  readonly conflicts: readonly {
    readonly field: string
    readonly values: readonly { readonly value: string; readonly terminal: string; readonly by: string }[]
  }[]
}

interface StockAnswer {
  readonly received?: string
  readonly soldBy: Readonly<Record<string, string>>
  readonly onHand: string
}

const HEART = '85123A'

test(
  'S2 S4 N1 two terminals bill a whole sales file apart and sync at the same moment: a third sees every sum, every movement and both prices',
  async () => {
    const shop = await openShop()
    const all = await readRows(SALES_FILE)
    const parts = halves(all)
    const facts = parts.map(reconcile)
    const catalogue = async (name: string, price: string): Promise<string> => {
      const path = join(shop.folder, name)
      await writeFile(
        path,
        `sku,name,price,received\n${HEART},WHITE HANGING HEART T-LIGHT HOLDER,${price},\n`,
      )
      return path
    }

    const first = await shop.terminal('T01')
    const stocked = join(shop.folder, 'stocked.csv')
    await writeFile(
      stocked,
      `sku,name,price,received\n${HEART},WHITE HANGING HEART T-LIGHT HOLDER,2.55,5000\n`,
    )
    await first.importItems(stocked)
    await first.run('sync')
    const second = await shop.terminal('T02')
    const third = await shop.terminal('T03')

    const files = await Promise.all(
      parts.map((part, index) => writeRows(join(shop.folder, `half-${index + 1}.csv`), part)),
    )
    const terminals = [first, second]
    for (const terminal of terminals) await terminal.run('disconnect')
    const replayed = await Promise.all(
      terminals.map((terminal, index) => terminal.replay(files[index] ?? '')),
    )
    for (const [index, summary] of replayed.entries()) {
      const { invoices, creditNotes, minor, skippedRows } = facts[index] ?? reconcile(all)
      expect(summary).toMatchObject({
        sealed: invoices,
        creditNotes,
        sealedBefore: 0,
        total: { minor, currency: 'GBP' },
        interrupted: false,
      })
      expect(summary.skippedRows).toEqual(skippedRows)
    }
    await first.importItems(await catalogue('dearer.csv', '2.95'), '--while-disconnected', '--by', 'Asha')
    await second.importItems(await catalogue('cheaper.csv', '2.10'), '--while-disconnected', '--by', 'Ravi')

    const synced = await Promise.all(terminals.map((terminal) => terminal.run<SyncResult>('sync')))
    for (const result of synced) expect(result).toMatchObject({ complete: true, notTaken: [] })

    const whole = reconcile(all)
    const atRelay = await shop.exported()
    expect(salesOf(atRelay)).toEqual(whole.sales)
    expect(sumOf(atRelay)).toBe(whole.minor)
    for (const { custody, total } of atRelay) expect([custody, total.currency]).toEqual(['receipted', 'GBP'])
    for (const [index, code] of ['T01', 'T02'].entries()) {
      const own = atRelay.filter(({ terminal }) => terminal === code)
      expect(salesOf(own)).toEqual(facts[index]?.sales)
      expect(faultsOfNumbers(own.map(({ number }) => number))).toEqual([])
    }

    expect(await third.run<SyncResult>('sync')).toMatchObject({ complete: true })
    const served = await third.serve()
    const { sales } = await ask<{ sales: BookSummary[] }>(served, '/v1/shop')
    for (const [index, code] of ['T01', 'T02'].entries()) {
      const { invoices, creditNotes, minor } = facts[index] ?? whole
      const totals = sales.filter((summary) => summary.code === code).map((summary) => summary.totals)
      const sum = (of: (totals: BookSummary['totals']) => number): number =>
        totals.reduce((total, each) => total + of(each), 0)
      expect(sum((each) => each.invoices)).toBe(invoices)
      expect(sum((each) => each.creditNotes)).toBe(creditNotes)
      expect(sum((each) => each.payable)).toBe(minor)
    }
    // One item in five of two thousand, so that the test stays short.
    for (const sku of [...whole.sold.keys()].filter((_, index) => index % 5 === 0)) {
      const { soldBy } = await ask<StockAnswer>(served, `/v1/stock/${encodeURIComponent(sku)}`)
      const expected = ['T01', 'T02'].flatMap((code, index) => {
        const sold = facts[index]?.sold.get(sku)
        return sold === undefined ? [] : [[code, String(sold)]]
      })
      expect(soldBy, sku).toEqual(Object.fromEntries(expected))
    }
    const heart = await ask<StockAnswer>(served, `/v1/stock/${HEART}`)
    expect(heart.onHand).toBe(String(5000 - (whole.sold.get(HEART) ?? 0)))
    const { conflicts } = await ask<ItemAnswer>(served, `/v1/items/${HEART}`)
    expect(conflicts).toHaveLength(1)
    expect(conflicts[0]?.field).toBe('price')
    const values = conflicts[0]?.values.map(({ value, terminal, by }) => [value, terminal, by])
    expect(values?.toSorted()).toEqual([
      ['210', 'T02', 'Ravi'],
      ['295', 'T01', 'Asha'],
    ])
  },
  PATIENCE_MS,
)

function sumOf(exported: readonly ExportedInvoice[]): number {
  return exported.reduce((sum, { total }) => sum + total.minor, 0)
}
