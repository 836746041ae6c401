import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ReplaySummary } from '../../src/cli/replay.js'
import { salesOnDisk } from './on-disk.js'
import { faultsOfNumbers, firstSales, readRows, reconcile, SALES_FILE, salesOf, writeRows } from './sales.js'
import { PATIENCE_MS, useShops } from './shop.js'

const openShop = useShops()

test(
  'N1 a replay that is interrupted goes on where it was, and the same file twice seals nothing twice',
  async () => {
    const shop = await openShop()
    const terminal = await shop.terminal('T01')
    const rows = firstSales(await readRows(SALES_FILE), 80)
    const { sales, inFileOrder, minor } = reconcile(rows)
    const file = await writeRows(join(shop.folder, 'sales.csv'), rows)

    const limited = await terminal.replay(file, '--limit', '10')
    expect(limited).toMatchObject({ sealedBefore: 0, interrupted: false })
    expect(limited.sealed + limited.creditNotes).toBe(10)
    expect([...(await salesOnDisk(terminal.data)).keys()].toSorted()).toEqual(
      inFileOrder
        .slice(0, 10)
        .map(([ref]) => ref)
        .toSorted(),
    )

    const begun = terminal.begin('replay', '--sales', file)
    await begun.says(/sealed: [234]\d of 80/)
    begun.process.kill('SIGINT')
    const { code, stdout, stderr } = await begun.ended
    expect(code).toBe(1)
    expect(stderr).toContain('Interrupted. Run it again to go on; nothing is sealed twice.')
    const cut = JSON.parse(stdout) as ReplaySummary
    expect(cut).toMatchObject({ interrupted: true, sealedBefore: 10 })
    const sealedThen = cut.sealed + cut.creditNotes + cut.sealedBefore
    expect(sealedThen).toBeLessThan(80)
    const numbersThen = await salesOnDisk(terminal.data)
    expect(numbersThen.size).toBe(sealedThen)

    const resumed = await terminal.replay(file)
    expect(resumed).toMatchObject({ sealedBefore: sealedThen, interrupted: false })
    expect(resumed.sealed + resumed.creditNotes).toBe(80 - sealedThen)
    const again = await terminal.replay(file)
    expect(again).toMatchObject({ sealed: 0, creditNotes: 0, sealedBefore: 80 })
    for (const { total } of [resumed, again]) expect(total.minor).toBe(minor)

    const here = await terminal.exported()
    expect(salesOf(here)).toEqual(sales)
    expect(faultsOfNumbers(here.map(({ number }) => number))).toEqual([])
    const numbersNow = new Map(here.map(({ externalRef, number }) => [externalRef, number]))
    for (const [ref, number] of numbersThen) expect(numbersNow.get(ref)).toBe(number)
  },
  PATIENCE_MS,
)
