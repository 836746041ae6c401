import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { DialogName } from '../../src/pages/dialog-names.js'
import { expectAccessible, expectAccessibleDialog, seriousFindings } from './accessible.js'
import { useHouse } from './shop-floor.js'
import { useBrowser, type TillPage } from './till-page.js'

const house = useHouse()
const browser = useBrowser()

/** Opens a dialog by a button, looks at it, and closes it. */
async function dialogOf(till: TillPage, name: DialogName, button: string, closes = 'Close'): Promise<void> {
  await till.button(button).click()
  const dialog = await expectAccessibleDialog(till.page, name)
  await till.button(closes).last().click()
  // Keys are the dialog's as long as it is there.
  await dialog.waitFor({ state: 'detached' })
}

/** Elements smaller than a finger needs: below 44 px in either direction. */
const smallTargets = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('button, select, input:not([type=checkbox]), textarea')]
      .filter((element) => element instanceof HTMLElement && element.offsetParent !== null)
      .filter((element) => {
        const { width, height } = element.getBoundingClientRect()
        return width < 44 || height < 44
      })
      .map(({ id, textContent }) => id || textContent),
  )

describe('the till’s page for everybody', () => {
  test.each([
    ['disconnected', 'light'],
    ['online', 'dark'],
  ] as const)('axe-core finds nothing serious in %s mode, %s', async (mode, scheme) => {
    const till = await browser.open((await house.open(mode)).url, { scheme })
    const { page } = till
    await till.add('TEA', 'Assam tea')
    await page.getByLabel('Item: name, SKU or barcode').fill('e')
    await page.locator('#hits button').first().waitFor()
    await expectAccessible(page, 'bill with items found')
    expect(await smallTargets(page)).toEqual([])
    await page.keyboard.press('Escape')
    for (const button of ['#seal', '#park', '#sync-now', 'header [aria-keyshortcuts=F1]']) {
      await page.locator(button).hover()
      await expectAccessible(page, `pointer on ${button}`)
    }
    await page.keyboard.press('F3')
    await page.locator('#grid .tile').first().waitFor()
    await expectAccessible(page, 'grid of items')
    await page.keyboard.press('F3')
    await dialogOf(till, 'line', 'Change Assam tea')
    await dialogOf(till, 'keys', 'Keys')
    await dialogOf(till, 'cancel-bill', 'Cancel bill', 'Not now')
    const number = await till.seal('500')
    await expectAccessible(page, 'after a sale')
    await dialogOf(till, 'invoice', number)
    await till.button(number).click()
    await dialogOf(till, 'credit-note', 'Make credit note…')
    await dialogOf(till, 'day', 'Day…', 'Back')
    await till.button('Advanced Disconnected Sync').click()
    const advanced = page.getByRole('dialog', { name: 'Advanced Sync' })
    await advanced.getByText('and fetches 0 images').waitFor()
    await expectAccessibleDialog(page, 'advanced-sync')
    await dialogOf(till, 'mark-synced', 'Mark As Synced', 'Not now')
    await dialogOf(till, 'force-data', 'Force Complete Sync Data', 'Not now')
  })

  test('axe-core finds nothing serious in Set-Up, nor in its dialogs', async () => {
    const terminal = await house.open('online')
    await terminal.cashier('Mira', '081500', 'manager')
    const till = await browser.open(terminal.url)
    const { page } = till
    await page.locator('#sign-in').waitFor()
    await expectAccessible(page, 'sign-in')
    await page.locator('#sign-in-pin').fill('081500')
    await page.keyboard.press('Enter')
    await till.button('Set-Up').click()
    for (const tab of ['Items', 'Prices', 'Taxes and shop', 'Images', 'Users', 'Printing', 'Conflicts']) {
      await page.getByRole('tab', { name: tab }).click()
      await page.getByRole('tabpanel', { name: tab }).waitFor()
      await expectAccessible(page, `Set-Up: ${tab}`)
    }
    await page.getByRole('tab', { name: 'Items' }).click()
    await dialogOf(till, 'item', 'New item')
    await dialogOf(till, 'item', 'Change Assam tea')
    await page.getByRole('tab', { name: 'Users' }).click()
    await dialogOf(till, 'pin', 'New PIN for Mira')
    expect(await smallTargets(page)).toEqual([])
  })

  test('the whole page speaks Hindi, with what it says to a screen reader, and keeps to it', async () => {
    const till = await browser.open((await house.open('disconnected')).url)
    const { page } = till
    await page.getByLabel('Language').selectOption('hi')
    await till.button('सील करें').waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('hi')
    expect(await page.title()).toContain('डिस्कनेक्टेड टर्मिनल')
    await page.reload()
    await till.button('सर्वर से डेटा सिंक करें').waitFor()
    await expectAccessible(page, 'page in Hindi')
    // Nothing of the other language is left, but names, keys, and what people wrote.
    const texts = await page.locator('main button, main label, main th, main h2').allTextContents()
    const english = texts.filter((text) => /[A-Za-z]{3}/.test(text.replaceAll(/SKU|Esc|Enter|\bF\d+/g, '')))
    expect(english).toEqual([])
    // Nor of what the agent refuses.
    await page.locator('#search').fill('TEA')
    await page.keyboard.press('Enter')
    await page.locator('input.quantity').fill('0')
    await page.keyboard.press('Tab')
    await page.locator('#bill-error', { hasText: 'मात्रा मान्य नहीं' }).waitFor()
  })

  test('on a phone nothing runs off the screen', async () => {
    const till = await browser.open((await house.open('disconnected')).url, { width: 390, height: 780 })
    const { page } = till
    await till.add('TEA', 'Assam tea')
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await expectAccessible(page, 'page on a phone')
    expect(await smallTargets(page)).toEqual([])
  })

  test('a page that is not accessible is found out', async () => {
    const till = await browser.open((await house.open('disconnected')).url)
    await till.page.evaluate(() => {
      const pale = document.createElement('p')
      pale.style.color = '#ddd'
      pale.style.background = '#fff'
      pale.textContent = 'hardly to be read'
      document.querySelector('main')?.append(pale, document.createElement('button'))
    })
    const findings = await seriousFindings(till.page)
    expect(findings.some((finding) => finding.startsWith('color-contrast'))).toBe(true)
    expect(findings.some((finding) => finding.startsWith('button-name'))).toBe(true)
  })
})
