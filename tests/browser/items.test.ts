import { describe, expect, test } from 'vitest'
import { expectAccessible } from './accessible.js'
import { useHouse } from './shop-floor.js'
import { useBrowser } from './till-page.js'

const house = useHouse()
const browser = useBrowser()

describe('Set-Up › Items', () => {
  test('a manager finds what was withdrawn, and brings it back', async () => {
    const terminal = await house.open('online')
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.button('Set-Up').click()
    await till.button('Change Ball pen').click()
    await page.getByLabel('withdrawn: not offered any more').check()
    await till.button('Save').click()
    await page.getByRole('row', { name: 'Ball pen' }).waitFor({ state: 'detached' })
    await page.getByLabel('Show withdrawn items too').check()
    const pen = page.getByRole('row', { name: 'Ball pen' })
    await pen.getByText('withdrawn: not offered any more').waitFor()
    await expectAccessible(page, 'Set-Up: withdrawn items')
    await page.locator('#set-up').getByLabel('Item: name, SKU or barcode').fill('8901000000026')
    await page.getByRole('row', { name: 'Assam tea' }).waitFor({ state: 'detached' })
    await till.button('Bring back Ball pen').click()
    await till.button('Bring back Ball pen').waitFor({ state: 'detached' })
    await page.getByLabel('Show withdrawn items too').uncheck()
    await pen.waitFor()
    await till.button('Back to the till').first().click()
    await till.add('PEN', 'Ball pen')
    expect(await page.locator('#alerts').textContent()).toBe('')
  })
})
