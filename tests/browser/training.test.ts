import { describe, expect, test } from 'vitest'
import { expectAccessible, expectAccessibleDialog } from './accessible.js'
import { useHouse } from './shop-floor.js'
import { useBrowser } from './till-page.js'

const house = useHouse()
const browser = useBrowser()

describe('training mode on the page', () => {
  test('N1 is seen, parks the sale at hand, and what is practised is printed as no receipt', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.add('SOAP', 'Bath soap')
    await till.button('Training').click()
    const dialog = await expectAccessibleDialog(page, 'begin-training')
    await dialog.getByText('The bill at hand is parked').waitFor()
    await till.button('Begin training').click()

    const banner = page.locator('#training')
    await banner.getByText('Nothing here is a sale.').waitFor()
    await page.locator('html[data-training]').waitFor()
    expect(await page.title()).toMatch(/^Disconnected Terminal – TRAINING – First/)
    expect(await till.button('Training').count()).toBe(0)
    await page.locator('#bills li', { hasText: 'parked' }).waitFor()
    await till.add('TEA', 'Assam tea')
    await page.getByRole('button', { name: 'Practise sealing' }).waitFor()
    await page.keyboard.press('F4')
    await page.keyboard.type('200')
    await page.keyboard.press('F4')
    const note = page.locator('#sealed', { hasText: 'This is no sale.' })
    await note.getByText('Change: ₹95.00').waitFor()
    expect(await page.locator('#sealed .number').count()).toBe(0)
    await expectAccessible(page, 'training mode')
    await note.getByRole('button', { name: 'Print slip' }).click()
    const slip = page.locator('#slip pre')
    await slip.filter({ hasText: 'Assam tea' }).waitFor({ state: 'attached' })
    const lines = ((await slip.textContent()) ?? '').split('\n').map((line) => line.trim())
    expect(lines.slice(0, 2)).toEqual(['TRAINING', 'THIS IS NOT A RECEIPT'])
    expect(lines.slice(-2)).toEqual(['TRAINING', 'THIS IS NOT A RECEIPT'])
    expect(lines.join('\n')).not.toMatch(/Number|Hash/)
    expect(await page.locator('#slip svg').count()).toBe(0)
    await till.counter('0 invoices')

    // It is on for whoever loads the page, and the sale that waits is not practised with.
    await page.reload()
    await banner.waitFor()
    await page.locator('#bills li', { hasText: 'parked' }).getByRole('button').click()
    await page.locator('#line-rows tr', { hasText: 'Bath soap' }).waitFor()
    await page.locator('#seal:enabled').waitFor()
    await page.keyboard.press('F4')
    await page.keyboard.press('F4')
    await page.locator('#tender-error', { hasText: 'was not opened in training mode' }).waitFor()

    await till.button('End training mode').click()
    await banner.waitFor({ state: 'detached' })
    await page.locator('#line-rows tr', { hasText: 'Bath soap' }).waitFor()
    expect(await till.seal()).toMatch(/000001$/)
    await till.counter('1 invoice')
    expect(await page.title()).not.toContain('TRAINING')
  })

  test('A2 is begun by a manager, and the cashier who practises can end it; its bill at hand ends too', async () => {
    const terminal = await house.open('online')
    await terminal.cashier('Mira', '081500', 'manager')
    await terminal.cashier('Asha', '471100')
    const till = await browser.open(terminal.url)
    const { page } = till
    const signIn = async (name: string, pin: string): Promise<void> => {
      await page.locator('#sign-in-name').selectOption(name)
      await page.locator('#sign-in-pin').fill(pin)
      await page.keyboard.press('Enter')
      await page.locator('#person', { hasText: name }).waitFor()
    }
    await signIn('Asha', '471100')
    expect(await till.button('Training').count()).toBe(0)
    await page.keyboard.press('F7')
    await signIn('Mira', '081500')
    await till.button('Training').click()
    await till.button('Begin training').click()
    await page.locator('#training', { hasText: 'begun by Mira' }).waitFor()
    await page.keyboard.press('F7')
    await signIn('Asha', '471100')
    await till.add('TEA', 'Assam tea')
    await till.button('End training mode').click()
    await page.locator('#training').waitFor({ state: 'detached' })
    await page.locator('#line-rows tr').waitFor({ state: 'detached' })
    await page.locator('#bills li', { hasText: 'none' }).waitFor()
    await till.add('TEA', 'Assam tea')
    expect(await till.seal()).toMatch(/000001$/)
  })
})
