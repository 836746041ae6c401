import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ExportedInvoice, IntakeWindow } from '../../src/docs/generated/types.js'
import type { Status } from '../../src/terminal/status.js'
import type { SyncResult } from '../../src/terminal/syncer.js'
import { useProcesses, type Ended, type Served } from '../support/processes.js'
import { ask, PATIENCE_MS, useShops, type RealShop, type Terminal } from './shop.js'

const processes = useProcesses('test')
const openShop = useShops()

function sell(served: Served, ref: string): Promise<{ invoice: ExportedInvoice }> {
  const line = { id: '1', sku: 'CARD', name: 'Postcard', quantity: '1', price: { minor: 120 }, taxes: [] }
  return ask(served, '/v1/sales', { lines: [line], tenders: { exactly: { type: 'cash' } }, externalRef: ref })
}

function decide({ relayData }: RealShop, what: string, ...more: string[]): Promise<Ended> {
  const order = ['--data', relayData, '--shop', 'London', '--terminal', 'T01', '--by', 'Ravi', ...more]
  return processes.tryRun(['relay', what, ...order, '--json'])
}

const POLL = { timeout: 30_000 }
const syncOf = (terminal: Terminal): Promise<Ended> => terminal.begin('sync').ended
const refsOf = (sales: readonly ExportedInvoice[]) =>
  sales.map(({ externalRef }) => externalRef ?? '').toSorted()

test(
  'A2 S3 a revoked terminal is shut out and seals no more; what it holds is taken in by an operator’s decision, and nothing else is opened to it',
  async () => {
    const shop = await openShop()
    const revoked = await shop.terminal('T01')
    const manager = await shop.terminal('T02')
    let served = await revoked.serve()
    const sold = ['1', '2', '3', '4', '5']
    for (const ref of sold) await sell(served, ref)

    expect((await decide(shop, 'revoke', '--reason', 'lost on the way')).code).toBe(0)
    const refused = await syncOf(revoked)
    expect(refused.code).toBe(4)
    expect(refused.stderr).toMatch(/revoked by the operator \(Ravi\).*lost on the way.*relay intake/)
    await expect(sell(served, 'too late')).rejects.toThrow('blocked-revoked')
    await served.stop()
    served = await revoked.serve()
    await expect(sell(served, 'too late')).rejects.toThrow('blocked-revoked')
    const status = await revoked.run<Status>('status')
    expect(status).toMatchObject({ unreceipted: { invoices: 5 }, blocked: { why: 'revoked' } })
    expect(refsOf(await revoked.exported())).toEqual(sold)
    expect(await shop.exported()).toEqual([])

    // What is new in the shop stays closed to it, also while it may hand in its day books.
    const file = join(shop.folder, 'new.csv')
    await writeFile(file, 'sku,name,price,tax\nSECRET,Not for sale yet,9.99,\n')
    await manager.importItems(file, '--while-disconnected')
    await manager.run('sync')
    const opened = await decide(shop, 'intake', '--until', '30m', '--reason', 'five sales are on it')
    expect(opened.code, opened.stderr).toBe(0)
    expect(Date.parse((JSON.parse(opened.stdout) as IntakeWindow).until)).toBeGreaterThan(Date.now())
    expect(await revoked.run<SyncResult>('sync')).toMatchObject({
      intake: true,
      complete: true,
      received: 0,
      receipted: 1,
      notTaken: [],
    })
    await expect(ask(served, '/v1/items/SECRET')).rejects.toThrow('unknown-sku')
    await expect(sell(served, 'too late')).rejects.toThrow('blocked-revoked')
    const there = await shop.exported()
    expect(refsOf(there)).toEqual(sold)
    expect(new Set(there.map(({ custody }) => custody))).toEqual(new Set(['receipted']))
    expect((await revoked.run<Status>('status')).unreceipted.invoices).toBe(0)

    expect((await decide(shop, 'intake', '--close')).code).toBe(0)
    expect((await syncOf(revoked)).code).toBe(4)
    const closing = shop.relay().says(/relay closed the intake of T01/)
    expect((await decide(shop, 'intake', '--until', '1s')).code).toBe(0)
    await closing
    expect((await syncOf(revoked)).code).toBe(4)

    // Who decided what, and why, stands in the shop's history.
    const { history } = await processes.run<{ history: { by: string; did: string; new: unknown }[] }>([
      'history',
      '--data',
      shop.relayData,
    ])
    const told = history.filter(({ by }) => by === 'Ravi' || by === 'relay').map(({ did }) => did)
    for (const did of ['revoke T01', 'end to take in day books of T01']) expect(told).toContain(did)
    expect(told.some((did) => /^until .* take in day books of T01$/.test(did))).toBe(true)
    expect(JSON.stringify(history)).toContain('five sales are on it')

    // Reinstated, it is paired again and sells on, in its next epoch.
    const pair = ['relay', 'pair', '--data', shop.relayData, '--shop', 'London', '--terminal', 'T01']
    const early = await processes.tryRun(pair)
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('relay reinstate')])
    expect((await decide(shop, 'reinstate')).code).toBe(0)
    expect((await syncOf(revoked)).code).toBe(4)
    await served.stop()
    const { code } = await processes.run<{ code: string }>(pair)
    await revoked.run('pair', '--relay', shop.wire.url, '--code', code)
    const { invoice } = await sell(await revoked.serve(), 'again')
    expect(invoice.number).toMatch(/^T01B\//)
    expect(await revoked.run<SyncResult>('sync')).toMatchObject({ complete: true })
    expect(refsOf(await shop.exported())).toEqual([...sold, 'again'].toSorted())
  },
  PATIENCE_MS,
)

test(
  'A2 a terminal that is connected is hung up on at once, learns why, and stays blocked',
  async () => {
    const shop = await openShop()
    const terminal = await shop.terminal('T01')
    const served = await terminal.serve()
    await terminal.run('online')
    // The sync's own connection ends with it; the one that stays comes after it.
    await expect.poll(async () => (await ask<Status>(served, '/v1/status')).link.state, POLL).toBe('up')
    const learnt = served.says(/the relay says that nothing may be sealed here any more/)
    expect((await decide(shop, 'revoke')).code).toBe(0)
    await learnt
    const status = await ask<Status>(served, '/v1/status')
    expect(status.blocked).toMatchObject({
      why: 'revoked',
      message: expect.stringContaining('kept on this disk') as unknown,
    })
    expect(status.link.state).not.toBe('up')
    await expect(sell(served, 'too late')).rejects.toThrow('blocked-revoked')
  },
  PATIENCE_MS,
)
