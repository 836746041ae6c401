import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ExportedInvoice } from '../../src/docs/generated/types.js'
import type { BookSummary } from '../../src/docs/sales.js'
import { DataDirectory } from '../../src/storage/data-directory.js'
import { nodeDisk } from '../../src/storage/disk.js'
import type { Status } from '../../src/terminal/status.js'
import type { SyncResult } from '../../src/terminal/syncer.js'
import { useProcesses, type Served } from '../support/processes.js'
import { faultsOfNumbers } from './sales.js'
import { ask, PATIENCE_MS, Terminal, useShops, type RealShop } from './shop.js'

const processes = useProcesses('test')
const openShop = useShops()

async function sell(served: Served, ref: string): Promise<string> {
  const line = { id: '1', sku: 'CARD', name: 'Postcard', quantity: '1', price: { minor: 120 }, taxes: [] }
  const sale = { lines: [line], tenders: { exactly: { type: 'cash' } }, externalRef: ref }
  return (await ask<{ invoice: ExportedInvoice }>(served, '/v1/sales', sale)).invoice.number
}

async function sellMany(served: Served, refs: readonly string[]): Promise<string[]> {
  const numbers: string[] = []
  for (const ref of refs) numbers.push(await sell(served, ref))
  return numbers
}

interface RelayStatus {
  readonly forks: readonly { readonly terminal: string; readonly seen: string; readonly remedy: string }[]
}

async function relayStatus({ relayData }: RealShop): Promise<{ code: number | null; status: RelayStatus }> {
  const { code, stdout } = await processes.tryRun(['relay', 'status', '--data', relayData, '--json'])
  return { code, status: JSON.parse(stdout) as RelayStatus }
}

/** A terminal that sold three cards, and a copy of its directory that was made while it was stopped. */
async function copied(shop: RealShop): Promise<{ original: Terminal; copy: Terminal; before: string[] }> {
  const original = await shop.terminal('T01')
  const served = await original.serve()
  const before = await sellMany(served, ['1', '2', '3'])
  await original.run('sync')
  expect((await served.stop()).code).toBe(0)
  const data = join(shop.folder, 'T01-copy')
  await cp(original.data, data, { recursive: true, preserveTimestamps: true })
  return { original, copy: new Terminal(data, processes), before }
}

const refsOf = (sales: readonly ExportedInvoice[]): string[] =>
  sales.map(({ externalRef }) => externalRef ?? '').toSorted()

describe('two live copies of one terminal', () => {
  test(
    'N2 a copied directory seals nothing before it has an epoch of its own; both raise the alarm, no number is used twice, both sets of sales are at the relay',
    async () => {
      const shop = await openShop()
      const { original, copy, before } = await copied(shop)
      const [one, two] = [await original.serve(), await copy.serve()]
      const byOriginal = await sellMany(one, ['original 4', 'original 5'])
      await expect(sell(two, 'too early')).rejects.toThrow('blocked-copied')

      expect(await copy.run<SyncResult>('sync')).toMatchObject({ complete: true, newEpoch: 'B' })
      const byCopy = await sellMany(two, ['copy 4', 'copy 5', 'copy 6'])
      const found = await original.run<SyncResult>('sync')
      expect(found).toMatchObject({ complete: true, fork: { epoch: 'A', seen: 'ended-epoch', ended: true } })
      await copy.run('sync')

      // Both say so, and say what to do; the one whose epoch has ended seals no more, also not after a restart.
      for (const till of [original, copy])
        expect((await till.run<Status>('status')).fork?.message).toMatch(/Two live copies.*relay operator/)
      await expect(sell(one, 'too late')).rejects.toThrow('blocked-superseded')
      await one.stop()
      await expect(sell(await original.serve(), 'too late')).rejects.toThrow('blocked-superseded')
      const { code, status } = await relayStatus(shop)
      expect(code).toBe(6)
      expect(status.forks).toMatchObject([
        { terminal: 'T01', seen: 'ended-epoch', remedy: expect.stringContaining('settle-fork') as unknown },
      ])

      const all = await shop.exported()
      const numbers = all.map(({ number }) => number)
      expect(numbers.toSorted()).toEqual([...before, ...byOriginal, ...byCopy].toSorted())
      expect(new Set(numbers).size).toBe(numbers.length)
      expect(faultsOfNumbers(numbers)).toEqual([])
      expect(all.filter(({ fork }) => fork)).toEqual([])

      // The alarm ends when an operator says so, and the history tells who that was.
      const settle = [
        'relay',
        'settle-fork',
        '--data',
        shop.relayData,
        '--shop',
        'London',
        '--terminal',
        'T01',
      ]
      await processes.run([...settle, '--by', 'Ravi', '--reason', 'the old box was found'])
      expect(await relayStatus(shop)).toMatchObject({ code: 0, status: { forks: [] } })
      await copy.run('sync')
      expect((await copy.run<Status>('status')).fork).toBeNull()
      const history = await processes.run<{ history: { by: string; did: string }[] }>([
        'history',
        '--data',
        shop.relayData,
      ])
      expect(history.history).toContainEqual(
        expect.objectContaining({ by: 'Ravi', did: 'settle fork of T01' }),
      )
      expect((await processes.tryRun(settle)).code).toBe(1)
    },
    PATIENCE_MS,
  )

  test(
    'N2 two clones that cannot know of each other: both raise the alarm, all sales of both are kept and counted once, neither seals in that epoch again',
    async () => {
      const shop = await openShop()
      const { original, copy, before } = await copied(shop)
      // As after the restore of a whole disk, where nothing tells that this is not the place it was written at.
      const held = await DataDirectory.open({
        directory: copy.data,
        kind: 'terminal',
        create: false,
        disk: nodeDisk,
        now: () => new Date(),
      })
      expect(held.copied).toBe(true)
      await held.adopt()
      await held.release()

      const [one, two] = [await original.serve(), await copy.serve()]
      const byOriginal = await sellMany(one, ['original 4', 'original 5'])
      const byClone = await sellMany(two, ['clone 4', 'clone 5', 'clone 6'])
      expect(byClone.slice(0, 2)).toEqual(byOriginal)
      expect(await original.run<SyncResult>('sync')).toMatchObject({ complete: true })
      byOriginal.push(await sell(one, 'original 6'))

      const found = await copy.run<SyncResult>('sync')
      expect(found).toMatchObject({ newEpoch: 'B', fork: { epoch: 'A', seen: 'diverged' } })
      expect(await original.run<SyncResult>('sync')).toMatchObject({
        fork: { seen: 'diverged', ended: true },
      })
      for (const till of [original, copy])
        expect((await till.run<Status>('status')).fork?.message).toContain('Two live copies')
      expect((await original.run<Status>('status')).blocked?.why).toBe('superseded')
      expect((await relayStatus(shop)).code).toBe(6)

      // What the relay merged hides at neither what it sold itself.
      for (const [till, refs] of [
        [original, ['original 4', 'original 5', 'original 6']],
        [copy, ['clone 4', 'clone 5', 'clone 6']],
      ] as const)
        expect(refsOf(await till.exported())).toEqual(expect.arrayContaining([...refs]))

      // Neither goes on in the epoch they shared.
      await expect(sell(one, 'too late')).rejects.toThrow('blocked-superseded')
      expect(await sell(two, 'clone 7')).toMatch(/^T01B\//)
      await copy.run('sync')
      await original.run('sync')

      const all = await shop.exported()
      expect(refsOf(all)).toEqual(
        [
          '1',
          '2',
          '3',
          'clone 4',
          'clone 5',
          'clone 6',
          'clone 7',
          'original 4',
          'original 5',
          'original 6',
        ].toSorted(),
      )
      expect(new Set(all.map(({ custody }) => custody))).toEqual(new Set(['receipted']))
      const twice = all.filter(({ fork }) => fork)
      expect(refsOf(twice)).toEqual(
        ['clone 4', 'clone 5', 'clone 6', 'original 4', 'original 5', 'original 6'].toSorted(),
      )
      expect(before.every((number) => all.find((sale) => sale.number === number)?.fork === undefined)).toBe(
        true,
      )

      // Each sale is counted once. The original synced last, so it has the relay's figures of all of them.
      const { sales } = await ask<{ sales: BookSummary[] }>(one, '/v1/shop')
      const sum = (of: (totals: BookSummary['totals']) => number): number =>
        sales.reduce((total, { totals }) => total + of(totals), 0)
      expect(sum(({ invoices }) => invoices)).toBe(10)
      expect(sum(({ payable }) => payable)).toBe(1_200)

      // Paired again, the other one sells on as well.
      await one.stop()
      const pairing = ['relay', 'pair', '--shop', 'London', '--terminal', 'T01', '--role', 'manager']
      const { code } = await processes.run<{ code: string }>([...pairing, '--data', shop.relayData])
      await original.run('pair', '--relay', shop.wire.url, '--code', code)
      expect(await sell(await original.serve(), 'original 7')).toMatch(/^T01C\//)
    },
    PATIENCE_MS,
  )
})
