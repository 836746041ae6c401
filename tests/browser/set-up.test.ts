import { describe, expect, test } from 'vitest'
import { expectAccessible, expectAccessibleDialog } from './accessible.js'
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

describe('Set-Up › Users', () => {
  test('A2 the first person is a manager, who signs in then, and cannot remove the last manager', async () => {
    const terminal = await house.open('online')
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.button('Set-Up').click()
    await page.getByRole('tab', { name: 'Users' }).click()
    await page.getByText('with the first person, a manager, all of them ask who it is').waitFor()
    const role = page.getByRole('combobox', { name: 'Role' })
    await role.locator('option:disabled', { hasText: 'cashier' }).waitFor({ state: 'attached' })
    expect(await role.inputValue()).toBe('manager')
    const form = page.locator('form', { has: role })
    await form.getByLabel('Name').fill('Mira')
    await form.locator('input[type=password]').fill('081500')
    await till.button('Add a person').click()
    await page.locator('#sign-in-name').waitFor()
    await page.locator('#sign-in-name').selectOption('Mira')
    await page.locator('#sign-in-pin').fill('081500')
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'Users' }).click()
    await page.getByRole('row', { name: 'Mira' }).waitFor()
    expect(await role.inputValue()).toBe('cashier')
    await till.button('Remove Mira').click()
    await expectAccessibleDialog(page, 'remove-person')
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByRole('alert').filter({ hasText: 'Mira is the last manager' }).waitFor()
    await expectAccessible(page, 'removal refused')
    await page.getByRole('row', { name: 'Mira' }).waitFor()
  })
})
