import { watch } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Status } from '../../src/terminal/status.js'
import type { SyncResult } from '../../src/terminal/syncer.js'
import { missingAt, receiptedHeads } from './on-disk.js'
import { faultsOfNumbers, firstSales, readRows, reconcile, SALES_FILE, salesOf, writeRows } from './sales.js'
import { PATIENCE_MS, useShops, type RealShop, type Terminal } from './shop.js'

const openShop = useShops()

/** Kills the relay with -9 as soon as it has written a receipt, and starts it again when the command has ended. */
async function whileRelayDies(shop: RealShop, terminal: Terminal, command: string): Promise<void> {
  const relay = shop.relay()
  const watcher = watch(shop.relayData, (_event, name) => {
    if (name === 'receipts.log') relay.process.kill('SIGKILL')
  })
  try {
    const begun = terminal.begin(command)
    const { signal } = await relay.ended
    expect(signal).toBe('SIGKILL')
    // Whether the receipt has reached the terminal is a matter of luck; that it was heard out is not.
    expect([0, 1]).toContain((await begun.ended).code)
  } finally {
    watcher.close()
  }
  await shop.restartRelay()
}

/** Every receipt that either side knows of, and the documents the relay's disk holds as they tell. */
async function unkept(shop: RealShop, terminal: Terminal): Promise<string[]> {
  const receipted = [...(await receiptedHeads(shop.relayData)), ...(await receiptedHeads(terminal.data))]
  expect(receipted.length).toBeGreaterThan(0)
  return missingAt(shop.relayData, receipted)
}

test(
  'D3 S2 S3 the relay killed with -9 right after it wrote a receipt, and restarted, holds every receipted head',
  async () => {
    const shop = await openShop()
    const terminal = await shop.terminal('T01')
    const rows = firstSales(await readRows(SALES_FILE), 60)
    const file = await writeRows(join(shop.folder, 'sales.csv'), rows)
    await terminal.serve()

    await terminal.replay(file, '--limit', '40')
    await whileRelayDies(shop, terminal, 'sync')
    expect(await unkept(shop, terminal)).toEqual([])
    expect(await terminal.run<SyncResult>('sync')).toMatchObject({ complete: true, relayBehind: false })
    expect(await terminal.run<SyncResult>('sync')).toMatchObject({ complete: true, receipted: 0 })

    await terminal.replay(file)
    await whileRelayDies(shop, terminal, 'force')
    expect(await unkept(shop, terminal)).toEqual([])
    await terminal.run('force')
    expect(await terminal.run<SyncResult>('sync')).toMatchObject({ complete: true, relayBehind: false })
    expect(await terminal.run<SyncResult>('sync')).toMatchObject({ complete: true, receipted: 0 })
    expect((await terminal.run<Status>('status')).unreceipted).toMatchObject({ invoices: 0, creditNotes: 0 })

    const atRelay = await shop.exported()
    expect(salesOf(atRelay)).toEqual(reconcile(rows).sales)
    expect(faultsOfNumbers(atRelay.map(({ number }) => number))).toEqual([])
    for (const { custody } of atRelay) expect(custody).toBe('receipted')

    // A relay that had lost what it gave receipts for would be found out.
    const robbed = join(shop.folder, 'robbed')
    await cp(shop.relayData, robbed, { recursive: true })
    await rm(join(robbed, 'documents'), { recursive: true })
    await cp(join(terminal.data, 'documents'), join(robbed, 'documents'), { recursive: true })
    expect(await missingAt(robbed, await receiptedHeads(shop.relayData))).not.toEqual([])
  },
  PATIENCE_MS,
)
