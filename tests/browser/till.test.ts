import type { Route } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { readSlipCode, verifySlipCode } from '../../src/docs/slip-code.js'
import { expectAccessible, expectAccessibleDialog } from './accessible.js'
import { readQr } from './qr.js'
import { sync, useHouse, type Terminal } from './shop-floor.js'
import { useBrowser } from './till-page.js'

const house = useHouse()
const browser = useBrowser()

describe('billing on the page', () => {
  test('D1 S3 a sale by keyboard alone, from scan to “sealed”, reaches the relay', async () => {
    const terminal = await house.open('online')
    const till = await browser.open(terminal.url)
    const { page } = till
    // Nothing was clicked: the cursor waits in the input, and a scanner ends with Enter.
    await page.keyboard.type('8901000000019')
    await page.keyboard.press('Enter')
    await page.locator('#line-rows tr', { hasText: 'Assam tea' }).waitFor()
    await till.add('SOAP', 'Bath soap')
    await page.keyboard.press('F9')
    await page.keyboard.type('2')
    await page.keyboard.press('Enter')
    // 100.00 + 5 %, and 84.50 + 18 %, each tax of each line rounded.
    await page.locator('#payable', { hasText: '₹204.72' }).waitFor()
    expect(await page.locator('#sealed').textContent()).toBe('')

    const number = await till.seal('500')
    expect(number).toMatch(new RegExp(`^${terminal.code}A/\\d{4}/000001$`))
    expect(await page.locator('#sealed').textContent()).toContain('Change: ₹295.28')
    await page.locator('#invoices li', { hasText: number }).waitFor()
    await till.counter('0 invoices')
    await page.locator('#invoices li', { hasText: 'at the relay' }).waitFor()

    const invoice = await house.held(await terminal.invoice(number))
    expect(invoice?.totals.payable).toBe(20_472)
    expect(invoice?.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ['TEA', '1'],
      ['SOAP', '2'],
    ])
    expect(invoice?.tenders).toEqual([{ type: 'cash', minor: 50_000 }])
  })

  test('R1 an error is told in the agent’s words, and neither the bill nor what was typed is lost', async () => {
    const till = await browser.open((await house.open('disconnected')).url)
    const { page } = till
    await till.add('TEA', 'Assam tea')
    await page.keyboard.press('F4')
    await page.keyboard.type('50.25')
    await page.locator('#change', { hasText: 'Still to pay: ₹54.75' }).waitFor()
    await page.keyboard.press('Enter')
    const error = page.locator('#tender-error')
    await error.filter({ hasText: 'The tenders are too small: 54.75 is missing.' }).waitFor()
    await expectAccessible(page, 'tenders refused')
    expect(await page.getByLabel('Amount given').inputValue()).toBe('50.25')
    expect(await page.locator('#line-rows tr').count()).toBe(1)
    expect(await page.locator('#sealed').textContent()).toBe('')

    await page.getByLabel('Amount given').fill('12,5x')
    await page.keyboard.press('Enter')
    await error.filter({ hasText: '“12,5x” is no amount' }).waitFor()
    await page.getByLabel('Quantity of Assam tea').fill('0')
    await page.keyboard.press('Tab')
    await page.locator('#bill-error', { hasText: 'quantity' }).waitFor()
    await page.getByLabel('Quantity of Assam tea').fill('2')
    await page.keyboard.press('Tab')
    await page.locator('#payable', { hasText: '₹210.00' }).waitFor()

    await page.getByLabel('Item: name, SKU or barcode').fill('no such thing')
    await page.keyboard.press('Enter')
    await page.locator('#search-note', { hasText: 'There is no item “no such thing”' }).waitFor()
    await expectAccessible(page, 'no such item')

    // Two tenders: the card first, and the rest in cash.
    await page.getByLabel('Amount given').fill('10')
    await till.button('Add a tender').click()
    await page.locator('#change', { hasText: 'Change: ₹0.00' }).waitFor()
    expect(await till.seal()).toMatch(/000001$/)
    await till.counter('1 invoice')
  })

  test('a bill is changed on the way: discount, another price with its reason, removal, customer', async () => {
    const till = await browser.open((await house.open('disconnected')).url)
    const { page } = till
    await page.getByLabel('Customer', { exact: true }).fill('Asha')
    await till.add('TEA', 'Assam tea')
    await till.add('PEN', 'Ball pen')
    await till.add('SOAP', 'Bath soap')
    await till.button('Remove Bath soap').click()
    await till.button('Put back Bath soap').waitFor()
    await till.button('Change Assam tea').click()
    await page.getByLabel('Discount on this line').fill('10%')
    await page.getByLabel('Another price than').fill('90')
    await page.keyboard.press('Enter')
    await page.locator('dialog [role=alert]', { hasText: 'Say why the price is another one' }).waitFor()
    await expectAccessibleDialog(page, 'line')
    await page.getByLabel('Reason for the other price').fill('dented tin')
    await page.keyboard.press('Enter')
    // 81.00 + 5 % (2.03 twice), and 10.50 without tax.
    await page.locator('#payable', { hasText: '₹95.56' }).waitFor()
    await page.reload()
    await page.locator('#payable', { hasText: '₹95.56' }).waitFor()
    const number = await till.seal()
    await page.getByLabel('Invoice number').fill(number)
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Asha').waitFor()
    await dialog.getByText('Ball pen: 1 × ₹10.50').waitFor()
    expect(await dialog.getByText('Bath soap').count()).toBe(0)
  })

  test('a product whose name is HTML is sold, shown, printed and synced as that text', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    const { page, alerts } = till
    const name = '<img src=x onerror=alert(1)>'
    await page.getByLabel('Item: name, SKU or barcode').fill('onerror')
    await page.locator('#hits .name', { hasText: name }).click()
    await page.locator('#line-rows .name', { hasText: name }).waitFor()
    const number = await till.seal()
    await till.button(number).click()
    await page.getByRole('dialog').getByText(`${name}: 1 ×`).waitFor()
    await till.button('Print duplicate').click()
    await page.locator('#slip', { hasText: name }).waitFor({ state: 'attached' })
    await till.button('Close').click()
    await till.button('Sync Data To Server').click()
    await till.counter('0 invoices')
    const held = await house.held(await terminal.invoice(number))
    expect(held?.lines.map((line) => line.name)).toEqual([name])
    expect(await page.locator('img').count()).toBe(0)
    expect(alerts).toEqual([])
  })

  test('H2 a printed slip carries a code that a reader reads and the verifier believes', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.add('TEA', 'Assam tea')
    const sold = await terminal.invoice(await till.seal())
    // The browser's own print dialog would wait for a person.
    await page.evaluate('window.print = () => undefined')
    await till.button('Print slip').click()
    await page.emulateMedia({ media: 'print' })
    await page.locator('#slip pre', { hasText: sold.number }).waitFor()
    expect(await page.locator('#slip pre').textContent()).not.toContain('DUPLICATE')
    expect(await page.locator('#page > header').isVisible()).toBe(false)
    const code = readSlipCode(await readQr(page, page.locator('#slip .qr')))
    expect(code).toMatchObject({ number: sold.number, payable: 10_500, currency: 'INR', hash: sold.hash })
    expect(verifySlipCode(code, await terminal.publicKey())).toBe(true)
    await page.emulateMedia({ media: 'screen' })
    await till.button(sold.number).click()
    await till.button('Print duplicate').click()
    await page.locator('#slip pre', { hasText: 'DUPLICATE 1' }).waitFor({ state: 'attached' })
  })

  test('selling more than there is is shown on the bill and in the list, and is sold all the same', async () => {
    const terminal = await house.open('online')
    const received = [{ sku: 'PEN', quantity: '1' }]
    await terminal.agent.send('POST', '/v1/items', {
      items: [{ sku: 'PEN', price: { minor: 1_050 } }],
      received,
    })
    await sync(terminal.agent)
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.add('PEN', 'Ball pen')
    expect(await page.locator('#oversold').count()).toBe(0)
    await page.keyboard.press('F9')
    await page.keyboard.type('3')
    await page.keyboard.press('Enter')
    await page.locator('#oversold', { hasText: 'Ball pen: 3 on this bill, 1 on hand' }).waitFor()
    await expectAccessible(page, 'bill of more than there is')
    expect(await till.seal()).toMatch(/000001$/)
    await page.getByLabel('Item: name, SKU or barcode').fill('pen')
    await page.locator('.hit', { hasText: 'oversold: -2 on hand' }).waitFor()
  })

  test('a list that comes late does not hide the sale made meanwhile', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.add('PEN', 'Ball pen')
    let hold: (answer: () => Promise<void>) => void = () => undefined
    const held = new Promise<() => Promise<void>>((resolve) => {
      hold = resolve
    })
    const keepWaiting = async (route: Route): Promise<void> => {
      const response = await route.fetch()
      hold(() => route.fulfill({ response }))
    }
    await page.route('**/v1/invoices?*', keepWaiting, { times: 1 })
    // Whatever changes the status has the list asked for.
    await terminal.agent.send('POST', '/v1/mark-synced', {})
    const answer = await held
    const sale = page.locator('#invoices li', { hasText: await till.seal() })
    await sale.waitFor()
    await answer()
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
    expect(await sale.count()).toBe(1)
  })

  test('a credit note takes back a part, and the day is closed with its Z', async () => {
    const till = await browser.open((await house.open('disconnected')).url)
    const { page } = till
    await till.add('PEN', 'Ball pen')
    await page.keyboard.press('F9')
    await page.keyboard.type('3')
    await page.keyboard.press('Enter')
    await page.getByLabel('Discount on the bill').fill('1.00')
    await page.keyboard.press('Tab')
    await page.locator('#payable', { hasText: '₹30.50' }).waitFor()
    const number = await till.seal()

    const takeBack = async (quantity: string): Promise<void> => {
      await till.button(number).click()
      await till.button('Make credit note…').click()
      await page.getByLabel('Ball pen').fill(quantity)
      await page.getByLabel('Reason').fill('leaks')
      await till.button('Seal credit note').click()
    }
    await takeBack('4')
    await page.locator('dialog [role=alert]', { hasText: 'Only 3 of “Ball pen”' }).waitFor()
    await expectAccessibleDialog(page, 'credit-note')
    await page.keyboard.press('Escape')
    await takeBack('1')
    await page.locator('#sealed', { hasText: 'Give back: ₹10.17' }).waitFor()
    await takeBack('2')
    // With the first, exactly what was paid.
    await page.locator('#sealed', { hasText: 'Give back: ₹20.33' }).waitFor()
    await page.locator('#unreceipted', { hasText: '1 invoice, 2 credit notes · ₹0.00' }).waitFor()

    await till.button('Day…').click()
    await till.button('Close the day…').click()
    await expectAccessibleDialog(page, 'close-day')
    await till.button('Close the day').click()
    await page.getByRole('dialog').getByText('Z 1 of business day').waitFor()
    await expectAccessibleDialog(page, 'day')
    await till.button('Print Z').click()
    await page.locator('#slip', { hasText: 'DAY CLOSE Z 1' }).waitFor({ state: 'attached' })
    expect(till.alerts).toEqual([])
  })

  test('a price written on two terminals apart shows both values, and a manager settles one', async () => {
    const first = await house.open('disconnected')
    const second = await first.neighbour('disconnected', 'manager')
    await reprice(first, 'Anna', 9_000)
    await reprice(second, 'Ben', 9_500)
    // The first to sync knows nothing of the other's price; so it syncs once more.
    for (const { agent } of [first, second, first]) await sync(agent)
    const till = await browser.open(first.url)
    const { page } = till
    await page.getByLabel('Item: name, SKU or barcode').fill('tea')
    const conflict = page.getByRole('group', { name: 'Assam tea: prices in conflict' })
    await conflict.getByText(new RegExp(`₹90\\.00 by Anna at ${first.code}, .*20\\d\\d`)).waitFor()
    await conflict.getByText(new RegExp(`₹95\\.00 by Ben at ${second.code}, .*20\\d\\d`)).waitFor()
    await conflict.getByText('A manager settles it').waitFor()
    await expectAccessible(page, 'price in conflict')

    await till.button('Work As Online Client').click()
    await till.button('Sync and work online').click()
    await page.locator('html[data-mode=online]').waitFor()
    await till.button('Set-Up').click()
    await page.getByRole('tab', { name: 'Conflicts' }).click()
    await till.button('Settle on ₹90.00').waitFor()
    await expectAccessible(page, 'Set-Up: a conflict')
    await page.getByRole('tab', { name: 'Items' }).click()
    await till.button('Change Assam tea').click()
    await till.button('Settle on ₹90.00').waitFor()
    const item = await expectAccessibleDialog(page, 'item')
    await till.button('Close').click()
    await item.waitFor({ state: 'detached' })
    await till.button('Back to the till').first().click()
    await page.getByLabel('Item: name, SKU or barcode').fill('TEA')
    await page.keyboard.press('Enter')
    await page.locator('#line-rows tr', { hasText: 'Assam tea' }).waitFor()
    await till.button('Settle on ₹90.00').click()
    await page.locator('#search-note', { hasText: 'Settled for “Assam tea”' }).waitFor()
    await page.getByLabel('Item: name, SKU or barcode').fill('tea')
    await page.locator('.hit', { hasText: '₹90.00' }).waitFor()
    expect(await conflict.count()).toBe(0)
  })
})

async function reprice({ agent }: Terminal, by: string, minor: number): Promise<void> {
  await agent.send('POST', '/v1/items', {
    by,
    whileDisconnected: true,
    items: [{ sku: 'TEA', price: { minor } }],
  })
}
