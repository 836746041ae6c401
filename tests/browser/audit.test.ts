import type { Browser, Page } from 'playwright-core'
import type { HistoryResponse, Verdict } from '../../src/docs/generated/types.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PATIENCE_MS as SHOP_PATIENCE_MS, Terminal, useShops } from '../main-job/shop.js'
import { useProcesses } from '../support/processes.js'
import { expectAccessible, expectAccessibleDialog } from './accessible.js'
import { launchChromium } from './chromium.js'
import { addAuditor, HEART, holdCourt, PASSWORD, publicKeyOf, type Court } from './court.js'
import { PATIENCE_MS } from './till-page.js'

const openShop = useShops()
const processes = useProcesses('all')
let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

async function signedIn({ shop }: Court): Promise<Page> {
  await addAuditor(shop, 'Aud')
  const context = await browser.newContext({ locale: 'en-GB' })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  await page.goto(shop.relay().url)
  await page.getByLabel('Name').fill('Aud')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'Audit' }).click()
  return page
}

/** Where the slider stands at the last moment that is not after this one. */
async function momentBefore(page: Page, moment: Date): Promise<number> {
  const query = new URLSearchParams({ about: HEART, limit: '1000' })
  const { history } = (await (
    await page.request.get(`${new URL(page.url()).origin}/v1/admin/history?${query}`)
  ).json()) as HistoryResponse
  const all = history
    .flatMap(({ at, witnessed }) => (witnessed ? [at, witnessed.at] : [at]))
    .map((at) => Date.parse(at))
  const moments = [...new Set(all)].sort((a, b) => a - b)
  return moments.findLastIndex((at) => at <= moment.getTime())
}

test(
  'H1 H2 N1 on real sales an auditor sees who changed a price, that every series is complete, and what proves a sale',
  async () => {
    const court = await holdCourt(await openShop(), (data) => new Terminal(data, processes), 60)
    const page = await signedIn(court)

    // Who changed this price.
    await page.getByRole('button', { name: 'Changes' }).click()
    await page.getByLabel('Invoice number, SKU, code or id').fill(HEART)
    await page.keyboard.press('Enter')
    const edit = page.getByRole('row').filter({ hasText: 'Mira' }).filter({ hasText: 'price' })
    await edit.locator('del', { hasText: '2.55' }).waitFor()
    await edit.locator('ins', { hasText: '2.95' }).waitFor()
    await expectAccessible(page, 'who changed a price')

    // What terminal 2 knew at that moment, and what the relay knew.
    const known = page.getByRole('region', { name: 'What was known' }).getByRole('row')
    const price = known.filter({ hasText: 'price' })
    await price.filter({ hasText: '2.95' }).waitFor()
    await page.getByLabel('As known to').selectOption('T02')
    const slider = page.getByLabel('Moment')
    await slider.fill(String(await momentBefore(page, court.changed)))
    await price.filter({ hasText: '2.55' }).waitFor()
    await page.getByLabel('As known to').selectOption('relay')
    await price.filter({ hasText: '2.95' }).waitFor()
    await expectAccessible(page, 'what was known')

    // What a whole terminal did, and which of its invoices were known.
    await page.getByLabel('Invoice number, SKU, code or id').fill('T02')
    await page.getByLabel('Kind').selectOption('terminal')
    await page.getByRole('button', { name: 'Show changes' }).click()
    const invoices = page.getByRole('region', { name: 'What was known' }).getByRole('rowheader')
    await invoices
      .filter({ hasText: /^T02A\// })
      .first()
      .waitFor()
    const done = page.getByRole('region', { name: 'Who changed what, when' })
    await done.getByText('seal invoice').first().waitFor()
    await expectAccessible(page, 'what a terminal did')

    // Is every series complete, though one terminal purged and the other was restored.
    await page.getByRole('button', { name: 'Completeness' }).click()
    await page.getByText(/All \d+ series are complete/).waitFor()
    const exceptions = page.getByRole('region', { name: 'Exceptions' }).getByRole('row')
    await exceptions.filter({ hasText: 'Another price' }).filter({ hasText: court.overridden }).waitFor()
    await exceptions.filter({ hasText: 'Taken back' }).first().waitFor()
    await expectAccessible(page, 'completeness')

    // Does everything verify, here and elsewhere.
    await page.getByRole('button', { name: 'Proof' }).click()
    await page.getByRole('button', { name: 'Verify everything' }).click()
    await page.getByText(/Verified: \d+ records in 3 chains/).waitFor()
    await expectAccessible(page, 'proof')
    await page.getByLabel('Format').selectOption('gstr1')
    const saved = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download bundle' }).click()
    const bundle = await (await saved).path()
    const key = await publicKeyOf(court.shop)
    const { verified, findings } = await processes.run<Verdict>(['verify', bundle, '--key', `relay=${key}`])
    expect([verified, findings]).toEqual([true, []])

    // What was sold with another price, by whom, and what proves it.
    await page.getByRole('button', { name: 'Records' }).click()
    await page.getByLabel('Person').fill('ravi')
    await page.getByLabel('Amount at most').fill('2.00')
    await page.getByRole('button', { name: 'Search' }).click()
    const found = page.getByRole('button', { name: court.overridden })
    await found.waitFor()
    await expectAccessible(page, 'records found')
    await found.click()
    const dialog = page.getByRole('dialog', { name: court.overridden })
    await dialog
      .getByText('signed exactly this. It follows the record before it. A custody receipt covers it.')
      .waitFor()
    // Among the lines; the changes, which come later, have it too.
    await dialog.getByRole('region', { name: 'Lines' }).getByText('dented').waitFor()
    await dialog
      .getByRole('region', { name: 'Who changed what, when' })
      .getByText('override price')
      .first()
      .waitFor()
    await expectAccessibleDialog(page, 'record')
  },
  SHOP_PATIENCE_MS,
)
