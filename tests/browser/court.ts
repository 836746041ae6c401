import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ServiceClient } from '../../src/cli/client.js'
import type { BillView, ControlFile, RelayStatus, SaleSealed } from '../../src/docs/generated/types.js'
import { readChecked } from '../../src/storage/atomic-file.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { halves, firstSales, readRows, SALES_FILE, writeRows } from '../main-job/sales.js'
import { ask, type RealShop, type Terminal } from '../main-job/shop.js'

/** An item of the real sales. */
export const HEART = '85123A'
export const PASSWORD = 'correct horse battery'

/** What an auditor is asked about afterwards. */
export interface Court {
  readonly shop: RealShop
  readonly first: Terminal
  readonly second: Terminal
  /** Sold with another price than the catalogue's. */
  readonly overridden: string
  /** When the price was changed, and before terminal 2 knew. */
  readonly changed: Date
}

async function catalogue(shop: RealShop, price: string): Promise<string> {
  const path = join(shop.folder, `catalogue-${price}.csv`)
  await writeFile(path, `sku,name,price\n${HEART},WHITE HANGING HEART T-LIGHT HOLDER,${price}\n`)
  return path
}

/**
 * Real sales on two terminals, with a price edit that terminal 2 hears of late, an override, a line taken back, a
 * force-complete of terminal 1, and terminal 2 restored from a backup.
 */
export async function holdCourt(
  shop: RealShop,
  terminalOf: (data: string) => Terminal,
  sales: number,
): Promise<Court> {
  const first = await shop.terminal('T01')
  await first.importItems(await catalogue(shop, '2.55'), '--by', 'Asha')
  await first.run('sync')
  const second = await shop.terminal('T02')
  await second.run('sync')
  const parts = halves(firstSales(await readRows(SALES_FILE), sales))
  const files = await Promise.all(
    parts.map((part, index) => writeRows(join(shop.folder, `half-${index + 1}.csv`), part)),
  )
  for (const [index, terminal] of [first, second].entries()) {
    await terminal.run('disconnect')
    await terminal.replay(files[index] ?? '')
  }
  await second.run('sync')
  const backup = join(shop.folder, 'T02-backup')
  await cp(second.data, backup, { recursive: true, preserveTimestamps: true })

  await first.run('online')
  await first.importItems(await catalogue(shop, '2.95'), '--by', 'Mira')
  await first.run('sync')
  const changed = new Date()

  const served = await second.serve()
  const opened = await ask<BillView>(served, '/v1/bills', { by: 'Ravi', line: { sku: HEART } })
  const line = opened.lines[0]?.id ?? ''
  const edit = async (body: object): Promise<void> => {
    const response = await fetch(`${served.url}/v1/bills/${opened.id}/lines/${line}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ by: 'Ravi', ...body }),
    })
    expect(response.status).toBe(200)
  }
  await edit({ voided: true })
  await edit({ voided: false })
  await edit({ override: { price: { minor: 200 }, reason: 'dented' } })
  const tenders = { exactly: { type: 'cash' } }
  const sold = await ask<SaleSealed>(served, `/v1/bills/${opened.id}/seal`, { by: 'Ravi', tenders })
  await second.run('sync')
  expect((await served.stop()).code).toBe(0)

  await first.run('force')
  const restored = terminalOf(backup)
  await restored.run('sync')
  const again = await restored.serve()
  await ask(again, '/v1/sales', {
    by: 'Ravi',
    lines: [
      {
        id: '1',
        sku: HEART,
        name: 'WHITE HANGING HEART T-LIGHT HOLDER',
        quantity: '1',
        price: { minor: 295 },
        taxes: [],
      },
    ],
    tenders,
  })
  await restored.run('sync')
  expect((await again.stop()).code).toBe(0)
  return { shop, first, second, overridden: sold.invoice.number, changed }
}

async function operatorOf(shop: RealShop): Promise<ServiceClient> {
  const control = (await readChecked(nodeDisk, join(shop.relayData, 'control.json'))) as ControlFile
  return new ServiceClient(control.url, control.token)
}

/** The relay's key, as an auditor is given it on another way. */
export async function publicKeyOf(shop: RealShop): Promise<string> {
  return (await (await operatorOf(shop)).get<RelayStatus>('/v1/admin/status')).publicKey
}

/** Lets somebody sign in at the relay's page who only reads. */
export async function addAuditor(shop: RealShop, name: string): Promise<void> {
  const operator = await operatorOf(shop)
  await operator.send('POST', '/v1/admin/people', { name, role: 'auditor', password: PASSWORD })
}
