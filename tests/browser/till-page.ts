import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { launchChromium } from './chromium.js'

/** On a machine with much else to do, every answer takes its time. Milliseconds. */
export const PATIENCE_MS = 45_000

export interface TillPage {
  readonly page: Page
  /** Dialogs of the browser that have opened: the page itself opens none. */
  readonly alerts: readonly string[]
  /** Scans or types an item and waits until it is on the bill. */
  add(text: string, name: string): Promise<void>
  /** Seals what is on the bill by keyboard and returns the number. */
  seal(given?: string): Promise<string>
  /** Waits until the counter of what has no custody receipt says so. */
  counter(invoices: string): Promise<void>
  button(name: string): Locator
}

export interface OpenOptions {
  /** The agent will be killed: requests that find nobody are no fault. */
  readonly lossy?: boolean
  readonly scheme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

/**
 * A browser for the tests of a file. After each test its pages are closed, and every error that a page wrote to its
 * console fails the test: a breach of the content security policy is one.
 */
export function useBrowser(): { open(url: string, options?: OpenOptions): Promise<TillPage> } {
  let browser: Browser
  let pages: Page[] = []
  let errors: string[] = []

  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterEach(async () => {
    for (const page of pages) await page.context().close()
    pages = []
    const seen = errors
    errors = []
    expect(seen, 'errors on the page’s console').toEqual([])
  })
  afterAll(() => browser.close())

  return {
    async open(url, { lossy = false, scheme = 'light', width = 1024, height = 600 } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        locale: 'en-IN',
        colorScheme: scheme,
      })
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      pages.push(page)
      const alerts: string[] = []
      page.on('dialog', (dialog) => {
        alerts.push(dialog.message())
        void dialog.dismiss()
      })
      page.on('pageerror', (error) => errors.push(String(error)))
      page.on('console', (message) => {
        // A request that the agent refused, or that found no agent, is told on the page; Chromium notes it as well.
        const told =
          message.text().startsWith('Failed to load resource') &&
          (lossy || /status of (4\d\d|503)/.test(message.text()))
        if (message.type() === 'error' && !told) errors.push(message.text())
      })
      await page.goto(url)
      await page.locator('html:not([data-mode=unknown])').waitFor()
      return tillPage(page, alerts)
    },
  }
}

function tillPage(page: Page, alerts: readonly string[]): TillPage {
  const lines = page.locator('#line-rows tr')
  return {
    page,
    alerts,
    async add(text, name) {
      const before = await lines.count()
      await page.getByLabel('Item: name, SKU or barcode').fill(text)
      await page.keyboard.press('Enter')
      await lines.nth(before).filter({ hasText: name }).waitFor()
    },
    async seal(given) {
      const number = page.locator('#sealed .number')
      const before = (await number.count()) > 0 ? await number.textContent() : null
      await page.keyboard.press('F4')
      if (given !== undefined) await page.keyboard.type(given)
      await page.keyboard.press('F4')
      const sealed = before === null ? number : number.filter({ hasNotText: before })
      return (await sealed.textContent()) ?? ''
    },
    async counter(invoices) {
      await page.locator('#unreceipted', { hasText: `Without custody receipt: ${invoices},` }).waitFor()
    },
    button: (name) => page.getByRole('button', { name, exact: true }),
  }
}
