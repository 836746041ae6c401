import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Status } from '../../src/terminal/status.js'
import { firstSales, readRows, reconcile, SALES_FILE, salesOf, writeRows } from './sales.js'
import { PATIENCE_MS, useShops } from './shop.js'

const openShop = useShops()

test(
  'S3 P1 Mark As Synced before any sync: every sale still counts as not receipted, and none can be purged',
  async () => {
    const shop = await openShop()
    const terminal = await shop.terminal('T01')
    const rows = firstSales(await readRows(SALES_FILE), 40)
    const { invoices, creditNotes, minor, sales } = reconcile(rows)
    await terminal.serve()
    await terminal.replay(await writeRows(join(shop.folder, 'sales.csv'), rows))
    const unreceipted = { invoices, creditNotes, payable: minor }
    const receipted = { invoices: 0, creditNotes: 0, payable: 0 }

    const marked = await terminal.run<Status>('mark-synced')
    expect(marked.markedSynced).not.toBeNull()
    expect(marked).toMatchObject({ unreceipted, receipted })
    const { lastSync } = marked

    await shop.relay().kill()
    const { code, stderr } = await terminal.begin('force').ended
    expect(code).toBe(1)
    expect(stderr).toContain('cannot be reached')
    const here = await terminal.exported()
    expect(salesOf(here)).toEqual(sales)
    for (const { custody } of here) expect(custody).toBe('none')
    expect(await terminal.run<Status>('status')).toMatchObject({ unreceipted, receipted, lastSync })

    await shop.restartRelay()
    expect(await shop.exported()).toEqual([])
    await terminal.run('force')
    expect(salesOf(await shop.exported())).toEqual(sales)
    expect(await terminal.exported()).toEqual([])
  },
  PATIENCE_MS,
)
