import { randomBytes } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { writeTerminal } from '../../src/docs/shop.js'
import { Relay } from '../../src/relay/relay.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { reportOf } from '../relay/watch/reports-of.js'
import { newSigner } from '../support/keys.js'
import { memoryLog } from '../support/world.js'
import { expectAccessible } from './accessible.js'
import { useOffice } from './relay-page.js'

const TERMINALS = 1_000
const LETTERS = 'ABCDEFGHIJ'

const idOf = (index: number): string => `term_${String(index).padStart(20, '0')}`
/** Three characters that end in a digit, another for each. */
const codeOf = (index: number): string => {
  const [hundreds, tens, ones] = [Math.floor(index / 100), Math.floor(index / 10) % 10, index % 10]
  return `${LETTERS[hundreds]}${LETTERS[tens]}${ones}`
}

/** A thousand terminals of four shops, each with a report; every hundredth has an alarm. */
async function prepare(directory: string): Promise<void> {
  const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes))
  const now = (): Date => new Date()
  const outside = { disk: nodeDisk, now, random, timeZone: 'Asia/Kolkata', log: memoryLog() }
  const relay = await Relay.open({ directory, create: true, config: {}, ...outside })
  const { publicKey } = newSigner()
  for (const shop of [0, 1, 2, 3]) {
    const { id } = await relay.shops.configure(`Shop ${shop}`, {})
    const own = Array.from({ length: TERMINALS }, (_, index) => index).filter((index) => index % 4 === shop)
    await relay.shops.write(id, 'add terminals', () => (draft, before) => {
      for (const index of own) {
        const names = { id: idOf(index), code: codeOf(index), name: `Till ${index}` }
        writeTerminal(draft, before, { ...names, role: 'till', epoch: 'A', publicKey })
      }
    })
    for (const index of own) {
      const { unreceipted } = reportOf(now())
      relay.watch.report(
        idOf(index),
        reportOf(now(), {
          damage: index % 100 === 0 ? 1 : 0,
          unreceipted: { ...unreceipted, invoices: index, payable: index * 10_000 },
        }),
      )
    }
  }
  await relay.close()
}

const office = useOffice(prepare)

beforeAll(() => office.add({ name: 'Olga', role: 'operator' }))

test('a thousand terminals are filtered, sorted and paged, and no more are drawn than are looked at', async () => {
  const page = await office.open()
  await office.signIn(page, 'Olga')
  const status = page.getByRole('status').filter({ hasText: 'terminals' })
  await status.filter({ hasText: '1,000 of 1,000 terminals' }).waitFor()
  const names = page.getByRole('table', { name: 'Terminals' }).getByRole('rowheader')
  expect(await names.count()).toBe(50)
  await page.getByText('Page 1 of 20').waitFor()
  await expectAccessible(page, 'a thousand terminals')

  // What somebody is waiting for is there first: most sales without a receipt, by keyboard.
  const sort = page.getByRole('button', { name: 'Without receipt' })
  await sort.press('Enter')
  await names
    .first()
    .filter({ hasText: /^Till 0$/ })
    .waitFor()
  await sort.press('Enter')
  await names
    .first()
    .filter({ hasText: /^Till 999$/ })
    .waitFor()
  expect(await page.getByRole('columnheader', { name: 'Without receipt' }).getAttribute('aria-sort')).toBe(
    'descending',
  )
  await page.getByRole('button', { name: 'Next page' }).press('Enter')
  await names
    .first()
    .filter({ hasText: /^Till 949$/ })
    .waitFor()

  await page.getByLabel('Alarm').selectOption('damage')
  await status.filter({ hasText: '10 of 1,000 terminals' }).waitFor()
  await page.getByLabel('Alarm').selectOption('')
  await page.getByLabel('Shop', { exact: true }).selectOption({ label: 'Shop 3' })
  await status.filter({ hasText: '250 of 1,000 terminals' }).waitFor()
  await page.getByLabel('Filter').pressSequentially('till 99')
  // Till 99, and those of 990 to 999 that are of this shop.
  await status.filter({ hasText: '4 of 1,000 terminals' }).waitFor()
  expect((await names.allTextContents()).toSorted()).toEqual(['Till 99', 'Till 991', 'Till 995', 'Till 999'])
  await page.getByLabel('Filter').fill('no such till')
  await page.getByText('No terminal matches.').waitFor()
  await expectAccessible(page, 'no terminal that matches')
})
