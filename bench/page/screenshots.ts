/**
 * Walks through the pages of a running shop as people would, and keeps what they show in docs/images.
 *
 *   npm run screenshots
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { DEMO_CATALOGUE } from '../../src/cli/demo-catalogue.js'
import { launchChromium } from '../../tests/browser/chromium.js'
import { png } from '../../tests/support/pictures.js'
import { ask, Shop } from './shop.js'

const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url))
const TILL = { width: 1024, height: 600 }
const OFFICE = { width: 1280, height: 800 }

async function open(browser: Browser, url: string, viewport = TILL, dark = false): Promise<Page> {
  const context = await browser.newContext({
    viewport,
    locale: 'en-IN',
    colorScheme: dark ? 'dark' : 'light',
  })
  const page = await context.newPage()
  await page.goto(url)
  return page
}

async function openTill(browser: Browser, url: string, viewport = TILL, dark = false): Promise<Page> {
  const page = await open(browser, url, viewport, dark)
  await page.locator('html:not([data-mode=unknown])').waitFor()
  await page.locator('#search').waitFor()
  return page
}

async function keep(page: Page, name: string): Promise<void> {
  // Every picture has been drawn, or will not be.
  await page.waitForFunction(() => [...document.images].every(({ complete }) => complete))
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
  process.stderr.write(`docs/images/${name}.png\n`)
}

async function add(page: Page, text: string): Promise<void> {
  const lines = await page.locator('#line-rows tr').count()
  await page.locator('#search').fill(text)
  await page.keyboard.press('Enter')
  await page.locator('#line-rows tr').nth(lines).waitFor()
}

async function seal(page: Page): Promise<void> {
  await page.keyboard.press('F4')
  await page.keyboard.press('F4')
  // The bill is gone once the agent has answered.
  await page.locator('#line-rows tr').first().waitFor({ state: 'detached' })
}

async function giveImages(url: string): Promise<void> {
  const { items } = await ask<{ items: { sku: string }[] }>(url, 'GET', '/v1/items?limit=24')
  for (const [index, { sku }] of items.entries()) {
    const shade = (step: number): number => 90 + ((index * step) % 140)
    const response = await fetch(new URL(`/v1/items/${encodeURIComponent(sku)}/image`, url), {
      method: 'PUT',
      headers: { 'content-type': 'image/png' },
      body: Buffer.from(png(72, 72, [shade(37), shade(53), shade(71)])),
    })
    if (!response.ok) throw new Error(`The picture of ${sku}: ${await response.text()}`)
  }
}

async function tillPages(browser: Browser, url: string): Promise<void> {
  const page = await openTill(browser, url)
  await page.getByLabel('Cashier').fill('Asha')
  await page.keyboard.press('Tab')
  for (const text of ['tea', 'soap', 'rice']) await add(page, text)
  await keep(page, 'till-online')
  await page.keyboard.press('F3')
  await page.locator('#grid .tile').first().waitFor()
  await keep(page, 'till-items')
  await page.keyboard.press('F3')
  await seal(page)
  await page.locator('#invoices .link').first().click()
  await page.getByRole('dialog').waitFor()
  await keep(page, 'till-invoice')
  await page.keyboard.press('Escape')
  await page.locator('#open-set-up').click()
  await page.getByRole('tabpanel').waitFor()
  await page.locator('#set-up-panel tbody tr').first().waitFor()
  await keep(page, 'till-set-up')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Work Disconnected' }).click()
  await page.locator('html[data-mode=disconnected]').waitFor()
  for (const text of ['coffee', 'cola']) await add(page, text)
  await seal(page)
  await add(page, 'curd')
  await page.locator('#search').focus()
  await keep(page, 'till-disconnected')
  await page.getByRole('button', { name: 'Advanced Disconnected Sync' }).click()
  await page.getByText('Sends 0 images').first().waitFor()
  await keep(page, 'till-advanced-sync')
  await page.keyboard.press('Escape')
  await page.getByLabel('Language').selectOption('hi')
  await keep(page, 'till-hindi')
  await page.context().close()

  const dark = await openTill(browser, url, TILL, true)
  await add(dark, 'tea')
  await keep(dark, 'till-dark')
  await dark.context().close()
  const training = await openTill(browser, url)
  await training.getByRole('button', { name: 'Training' }).click()
  await training.getByRole('button', { name: 'Begin training' }).click()
  await training.locator('#training').waitFor()
  for (const text of ['coffee', 'cola']) await add(training, text)
  await keep(training, 'till-training')
  await training.getByRole('button', { name: 'End training mode' }).click()
  await training.locator('#training').waitFor({ state: 'detached' })
  await training.context().close()
  const phone = await openTill(browser, url, { width: 390, height: 780 })
  await keep(phone, 'till-phone')
  await phone.context().close()
}

async function printed(browser: Browser, url: string): Promise<void> {
  const page = await openTill(browser, url, { width: 302, height: 640 })
  await page.evaluate('window.print = () => undefined')
  await page.locator('#invoices .link').first().click()
  await page.getByRole('button', { name: 'Print duplicate' }).click()
  await page.locator('#slip .qr').waitFor({ state: 'attached' })
  await page.keyboard.press('Escape')
  await page.emulateMedia({ media: 'print' })
  await page.locator('#slip').screenshot({ path: join(FOLDER, 'slip.png') })
  process.stderr.write('docs/images/slip.png\n')
  await page.context().close()
}

async function relayPages(browser: Browser, url: string, password: string): Promise<void> {
  const page = await open(browser, url, OFFICE)
  const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click()
  await page.getByLabel('Name').fill('Olga')
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
  await page.getByRole('table').first().waitFor()
  await keep(page, 'relay-fleet')
  for (const view of ['Exceptions', 'Incidents', 'Audit', 'Health']) {
    await page.getByRole('navigation').getByText(view, { exact: true }).click()
    await page.getByRole('heading', { name: view }).first().waitFor()
    if (view === 'Exceptions') await page.getByRole('table').first().waitFor()
    if (view === 'Incidents') await page.getByText('Nothing was refused').waitFor()
    if (view === 'Health') await page.locator('.u-wrap canvas').nth(7).waitFor()
    if (view === 'Audit') {
      await press('Search')
      await page.getByRole('table').first().waitFor()
    }
    await keep(page, `relay-${view.toLowerCase()}`)
    if (view !== 'Audit') continue
    await press('Changes')
    await page.getByLabel('Invoice number, SKU, code or id').fill(OVERSOLD)
    await press('Show changes')
    await page.getByRole('table').first().waitFor()
    await keep(page, 'relay-audit-changes')
    await press('Completeness')
    await page.getByRole('table').nth(1).waitFor()
    await keep(page, 'relay-audit-completeness')
    await press('Proof')
    await press('Verify everything')
    await page.getByText(/^Verified: /).waitFor()
    await keep(page, 'relay-audit-proof')
  }
  await page.context().close()
}

/** Of the catalogue; both tills together sell more of it than there is. */
const OVERSOLD = 'CUR-400'

async function sell(till: string, by: string, sku: string, quantity: string): Promise<void> {
  const { id } = await ask<{ id: string }>(till, 'POST', '/v1/bills', { by, line: { sku, quantity } })
  await ask(till, 'POST', `/v1/bills/${id}/seal`, { by, tenders: { exactly: { type: 'cash' } } })
}

await mkdir(FOLDER, { recursive: true })
const shop = await Shop.open()
const browser = await launchChromium()
try {
  const relay = await shop.serve('relay', 'serve', '--data', shop.relayData())
  const password = 'correct horse battery'
  const file = join(shop.folder, 'password.txt')
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  await shop.run(
    ...(['relay', 'user', 'add', '--data', shop.relayData(), '--name', 'Olga'] as const),
    '--role',
    'operator',
    '--password-file',
    file,
  )
  const till = async (street: string, name: string, role: string, catalogue?: string): Promise<string> =>
    shop.serve('terminal', 'serve', '--data', await shop.pair(relay, street, name, role, catalogue))
  const first = await till('Main Street', 'Front counter', 'manager', DEMO_CATALOGUE)
  const second = await till('Main Street', 'Pharmacy', 'till')
  const stall = await till('Main Street', 'Market stall', 'till')
  const harbour = await till('Harbour', 'Harbour till', 'manager', DEMO_CATALOGUE)
  await giveImages(first)
  await ask(second, 'POST', '/v1/sync', {})
  await tillPages(browser, first)
  await printed(browser, first)
  await ask(first, 'POST', '/v1/online', { confirm: true })
  await ask(stall, 'POST', '/v1/disconnect', { by: 'Ravi' })
  await sell(first, 'Asha', OVERSOLD, '45')
  await sell(stall, 'Ravi', OVERSOLD, '40')
  await sell(harbour, 'Meena', 'TEA-250', '3')
  const items = [{ sku: OVERSOLD, price: { minor: 4_200 } }]
  await ask(first, 'POST', '/v1/items', { by: 'Mira', items })
  for (const url of [stall, first, harbour]) await ask(url, 'POST', '/v1/sync', {})
  await ask(second, 'POST', '/v1/disconnect', {})
  await relayPages(browser, relay, password)
} finally {
  await browser.close()
  await shop.close()
}
