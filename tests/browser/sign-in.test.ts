import { describe, expect, test } from 'vitest'
import type { ExportedInvoice } from '../../src/docs/generated/types.js'
import { expectAccessible } from './accessible.js'
import { useHouse, type Terminal } from './shop-floor.js'
import { useBrowser, type TillPage } from './till-page.js'

const house = useHouse()
const browser = useBrowser()

/** By keyboard alone: the name is found by its first letters, Tab leads to the PIN. */
async function signIn({ page }: TillPage, name: string, pin: string): Promise<void> {
  await page.locator('#sign-in').waitFor()
  await page.locator('#sign-in-name').focus()
  await page.keyboard.type(name.slice(0, 3))
  await page.keyboard.press('Tab')
  await page.keyboard.type(pin)
  await page.keyboard.press('Enter')
}

const shown = ({ page }: TillPage, person: string): Promise<void> =>
  page.locator('#person', { hasText: person }).waitFor()

const sealedBy = async ({ agent }: Terminal): Promise<string[]> => {
  const { invoices } = await agent.get<{ invoices: ExportedInvoice[] }>('/v1/export?format=json')
  return invoices.map(({ by }) => by)
}

describe('signing in on the page', () => {
  test('A1 A2 by keyboard: a wrong PIN is told, the right one opens the till, and sales carry the name', async () => {
    const terminal = await house.open('disconnected')
    await terminal.cashier('Asha', '4711')
    await terminal.cashier('Mira', '081500', 'manager')
    const till = await browser.open(terminal.url)
    const { page } = till
    expect(await page.locator('main').isVisible()).toBe(false)
    expect(await page.locator('#sign-in-name option').allTextContents()).toEqual(['Asha', 'Mira'])
    await signIn(till, 'Asha', '0000')
    await page.locator('#sign-in-error', { hasText: 'The name or the PIN is wrong. After 4 more' }).waitFor()
    await expectAccessible(page, 'sign-in refused')
    // The field is empty and waits; what is typed is not shown.
    expect(await page.locator('#sign-in-pin').inputValue()).toBe('')
    expect(await page.locator('#sign-in-pin').getAttribute('type')).toBe('password')
    await page.keyboard.type('4711')
    await page.keyboard.press('Enter')
    await shown(till, 'Asha')
    expect(await page.locator('#sign-in').isVisible()).toBe(false)
    // The cursor waits in the input, as it does where nobody signs in.
    await page.keyboard.type('8901000000019')
    await page.keyboard.press('Enter')
    await page.locator('#line-rows tr', { hasText: 'Assam tea' }).waitFor()
    const number = await till.seal()
    expect(number).toMatch(/000001$/)
    expect(await sealedBy(terminal)).toEqual(['Asha'])

    // A reload is the same person; the cookie cannot be read by a script.
    await page.reload()
    await shown(till, 'Asha')
    expect(await page.evaluate('document.cookie')).toBe('')

    await page.keyboard.press('F7')
    await page.locator('#sign-in').waitFor()
    expect(await page.locator('main').isVisible()).toBe(false)
    await signIn(till, 'Mira', '081500')
    await shown(till, 'Mira, manager')
    await till.add('PEN', 'Ball pen')
    await till.seal()
    expect((await sealedBy(terminal)).toSorted()).toEqual(['Asha', 'Mira'])
  })

  test('A2 “Lock” ends the session itself, not only the view, and the bill is there for the next', async () => {
    const terminal = await house.open('disconnected')
    await terminal.cashier('Asha', '4711')
    const till = await browser.open(terminal.url)
    const { page } = till
    await signIn(till, 'Asha', '4711')
    await till.add('TEA', 'Assam tea')
    const [cookie] = await page.context().cookies()
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/', domain: '127.0.0.1' })
    await till.button('Lock').click()
    await page.locator('#sign-in').waitFor()
    const headers = { cookie: `${cookie?.name}=${cookie?.value}` }
    await expect
      .poll(async () => (await fetch(`${terminal.url}/v1/bills`, { headers })).status, { timeout: 10_000 })
      .toBe(401)
    // The keys of the till do nothing, and what is typed goes nowhere.
    await page.keyboard.press('F4')
    await page.locator('#sign-in-pin').fill('4711')
    await page.keyboard.press('Enter')
    await shown(till, 'Asha')
    await page.locator('#line-rows tr', { hasText: 'Assam tea' }).waitFor()
    expect(await till.seal()).toMatch(/000001$/)
  })

  test('A2 who is removed at the relay is put out of the page when the terminal hears of it', async () => {
    const terminal = await house.open('disconnected')
    await terminal.cashier('Asha', '4711')
    await terminal.cashier('Mira', '081500')
    const till = await browser.open(terminal.url)
    const { page } = till
    await signIn(till, 'Mira', '081500')
    await shown(till, 'Mira')
    await till.button('Day…').click()
    await page.getByRole('dialog').waitFor()
    await terminal.dismiss('Mira')
    await page.locator('#sign-in').waitFor()
    expect(await page.locator('dialog[open]').count()).toBe(0)
    expect(await page.locator('#sign-in-name option').allTextContents()).toEqual(['Asha'])
    expect(await page.locator('#alerts').textContent()).toBe('')
    // And the last one: the page is open to whoever stands there, as it was.
    await terminal.dismiss('Asha')
    await page.locator('main').waitFor()
    await page.getByLabel('Cashier').fill('Anybody')
    await till.add('PEN', 'Ball pen')
    await till.seal()
    expect(await sealedBy(terminal)).toEqual(['Anybody'])
  })

  test('a page that is open asks who it is as soon as the shop has people', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    await till.page.getByLabel('Cashier').fill('Anybody')
    await till.add('PEN', 'Ball pen')
    await terminal.cashier('Asha', '4711')
    await signIn(till, 'Asha', '4711')
    await shown(till, 'Asha')
    expect(await till.page.getByLabel('Cashier').isVisible()).toBe(false)
    await till.page.locator('#line-rows tr', { hasText: 'Ball pen' }).waitFor()
    await till.seal()
    // What was typed as a name before counts no more.
    expect(await sealedBy(terminal)).toEqual(['Asha'])
  })

  test('a person whose name is HTML is shown as that text, everywhere', async () => {
    const name = '<img src=x onerror=alert(1)>'
    const terminal = await house.open('disconnected')
    await terminal.cashier(name, '4711')
    const till = await browser.open(terminal.url)
    const { page, alerts } = till
    await signIn(till, name, '4711')
    await shown(till, name)
    await till.add('PEN', 'Ball pen')
    const number = await till.seal()
    await till.button(number).click()
    await page.getByRole('dialog').getByText(`by ${name}`).waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(alerts).toEqual([])
  })
})
