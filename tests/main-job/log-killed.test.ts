import { watch } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readCheckpoint } from '../../src/docs/checkpoint.js'
import type {
  ControlFile,
  CustodyReceipt,
  LogConsistency,
  LogEntries,
} from '../../src/docs/generated/types.js'
import { verifyConsistency } from '../../src/docs/merkle.js'
import { readChecked } from '../../src/storage/atomic-file.js'
import { nodeDisk } from '../../src/storage/disk.js'
import type { Status } from '../../src/terminal/status.js'
import type { SyncResult } from '../../src/terminal/syncer.js'
import { linesOf } from './on-disk.js'
import { firstSales, readRows, SALES_FILE, writeRows } from './sales.js'
import { PATIENCE_MS, useShops, type RealShop, type Terminal } from './shop.js'

const openShop = useShops()

/** Kills the relay with -9 the moment a file of it changes, and starts it again when the sync has ended. */
async function whileRelayDies(shop: RealShop, terminal: Terminal, folder: string, file: RegExp) {
  const relay = shop.relay()
  const watcher = watch(join(shop.relayData, folder), (_event, name) => {
    if (file.test(name ?? '')) relay.process.kill('SIGKILL')
  })
  try {
    const begun = terminal.begin('sync')
    const { signal } = await relay.ended
    expect(signal).toBe('SIGKILL')
    await begun.ended
  } finally {
    watcher.close()
  }
  await shop.restartRelay()
}

/** What the relay answers to a command of its own. */
async function ask<T>(shop: RealShop, path: string): Promise<T> {
  const { url, token } = (await readChecked(nodeDisk, join(shop.relayData, 'control.json'))) as ControlFile
  const response = await fetch(`${url}/v1/admin${path}`, { headers: { authorization: `Bearer ${token}` } })
  expect(response.status).toBe(200)
  return (await response.json()) as T
}

test(
  'D3 H2 the relay killed with -9 in the middle of its log, wherever that is, has every receipt in it and continues what it signed',
  async () => {
    const shop = await openShop()
    const terminal = await shop.terminal('T01')
    const rows = firstSales(await readRows(SALES_FILE), 60)
    const file = await writeRows(join(shop.folder, 'sales.csv'), rows)
    await terminal.serve()
    const signed: string[] = []

    const moments: [string, RegExp][] = [
      ['', /^receipts\.log$/],
      ['log', /^entries-/],
      ['log', /^serials$/],
      ['log', /^level-00$/],
      ['log', /^\.?checkpoint\.json/],
      ['log/countersigned', /./],
    ]
    for (const [index, [folder, name]] of moments.entries()) {
      await terminal.replay(file, '--limit', String((index + 1) * 8))
      await whileRelayDies(shop, terminal, folder, name)
      const { entries, checkpoint } = await ask<LogEntries>(shop, '/log/entries')
      const inLog = entries.flatMap((entry) => (entry?.type === 'custody-receipt' ? entry.receipt : []))
      expect(inLog).toEqual(await linesOf<CustodyReceipt>(shop.relayData, 'receipts.log'))
      signed.push(checkpoint)
    }

    expect(await terminal.run<SyncResult>('sync')).toMatchObject({ complete: true })
    const status = await terminal.run<Status>('status')
    expect(status).toMatchObject({ log: null, unreceipted: { invoices: 0 } })
    const { relay, publicKey } = await ask<{ relay: string; publicKey: string }>(shop, '/status')
    for (const note of signed) {
      const before = readCheckpoint(note, relay, publicKey)
      const { checkpoint, path } = await ask<LogConsistency>(shop, `/log/consistency?from=${before.size}`)
      const now = readCheckpoint(checkpoint, relay, publicKey)
      const proof = path.map((text) => Buffer.from(text, 'base64'))
      expect(verifyConsistency(before.size, now.size, proof, before.root, now.root)).toBe(true)
    }
  },
  PATIENCE_MS,
)
