import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectAccessible } from './accessible.js'
import { useHouse } from './shop-floor.js'
import { useBrowser } from './till-page.js'

const house = useHouse()
const browser = useBrowser()

test('H2 S1 a relay that rewrote its log is an alarm on the page, and the till bills and syncs on', async () => {
  const terminal = await house.open('disconnected')
  const till = await browser.open(terminal.url)
  const alarm = till.page.locator('#alerts', { hasText: 'Alarm of the relay’s log' })
  await till.add('TEA', 'Assam tea')
  await till.seal()
  await till.button('Sync Data To Server').click()
  await till.counter('0 invoices')
  expect(await alarm.count()).toBe(0)

  await house.stopRelay()
  const receipts = join(house.relayData, 'receipts.log')
  const [, ...rest] = (await readFile(receipts, 'utf8')).split('\n')
  await writeFile(receipts, rest.join('\n'))
  await rm(join(house.relayData, 'log'), { recursive: true })
  await house.startRelay()

  await till.add('PEN', 'Ball pen')
  await till.seal()
  await till.button('Sync Data To Server').click()
  await alarm.getByText('it was rewritten').waitFor()
  await expectAccessible(till.page, 'alarm of the log')
  await till.counter('0 invoices')
  await till.add('TEA', 'Assam tea')
  expect(await till.seal()).toMatch(/000003$/)
  await till.counter('1 invoice')
})
