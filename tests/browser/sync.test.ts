import { describe, expect, test } from 'vitest'
import { expectAccessible, expectAccessibleDialog } from './accessible.js'
import { useHouse } from './shop-floor.js'
import { PATIENCE_MS, useBrowser, type TillPage } from './till-page.js'

const house = useHouse()
const browser = useBrowser()

/** The colour of the page, and what is drawn over its top for who does not see colours. */
const looksOf = ({ page }: TillPage): Promise<{ background: string; band: string }> =>
  page.evaluate(`({
    background: getComputedStyle(document.body).backgroundColor,
    band: getComputedStyle(document.body, '::before').backgroundImage,
  })`)

describe('modes and sync on the page', () => {
  test('a bill parked on one terminal is recalled on the other', async () => {
    const terminal = await house.open('online')
    const first = await browser.open(terminal.url)
    const neighbour = await terminal.neighbour('online')
    const second = await browser.open(neighbour.url)
    await first.page.getByLabel('Cashier').fill('Meena')
    await first.add('TEA', 'Assam tea')
    await first.page.getByLabel('Label for parking').fill('red shirt')
    await first.page.keyboard.press('F2')
    await first.page.locator('#search-note', { hasText: 'Parked' }).waitFor()
    await first.page.locator('#bills li', { hasText: 'red shirt' }).waitFor()
    expect(await first.page.locator('#line-rows tr').count()).toBe(0)

    const recall = second.button('Recall red shirt')
    // It is there as soon as the relay has it; until then a person looks again.
    await expect
      .poll(
        async () => {
          await second.page.keyboard.press('F8')
          return recall.count()
        },
        { timeout: PATIENCE_MS, interval: 250 },
      )
      .toBe(1)
    expect(await second.page.locator('#bills li').textContent()).toContain(`${terminal.code}, Meena`)
    await expectAccessible(second.page, 'a parked bill')
    await second.page.getByLabel('Customer', { exact: true }).fill('Asha')
    await recall.click()
    await second.page.locator('#line-rows tr', { hasText: 'Assam tea' }).waitFor()
    // What was typed for the next customer is not written into this one's bill.
    expect(await second.page.getByLabel('Customer', { exact: true }).inputValue()).toBe('')
    await second.add('PEN', 'Ball pen')
    expect(await second.seal()).toContain(`${neighbour.code}A/`)
    await first.page.locator('#bills li', { hasText: 'None.' }).waitFor()
  })

  test('S3 disconnected mode is seen, nothing is sent, and every sale is counted', async () => {
    const terminal = await house.open('online')
    const till = await browser.open(terminal.url)
    const { page } = till
    await page.getByText('Link: up').waitFor()
    expect(await page.title()).not.toContain('Disconnected')
    await till.button('Set-Up').waitFor()
    const online = await looksOf(till)
    await till.button('Work Disconnected').click()
    await page.getByText('Mode: disconnected').waitFor()
    expect(await page.title()).toContain('Disconnected Terminal')
    expect(await till.button('Set-Up').count()).toBe(0)
    const disconnected = await looksOf(till)
    expect(disconnected.background).not.toBe(online.background)
    expect(online.band).toBe('none')
    expect(disconnected.band).toContain('repeating-linear-gradient')
    await page.getByText('Link: down (not connected)').waitFor()
    await till.counter('0 invoices')
    await till.add('TEA', 'Assam tea')
    const sold = await terminal.invoice(await till.seal())
    await till.counter('1 invoice')
    await till.add('PEN', 'Ball pen')
    await till.seal()
    await till.counter('2 invoices')
    await page.locator('#unreceipted', { hasText: '₹115.50' }).waitFor()
    expect(await house.held(sold)).toBeUndefined()
  })

  test('S1 S3 Sync Data To Server empties the counter; a sale is sealed while the relay keeps it waiting', async () => {
    const till = await browser.open((await house.open('disconnected')).url)
    const { page } = till
    await till.add('TEA', 'Assam tea')
    await till.seal()
    await till.counter('1 invoice')
    await till.add('PEN', 'Ball pen')
    house.relay.process.kill('SIGSTOP')
    try {
      await till.button('Sync Data To Server').click()
      await page.locator('#work', { hasText: 'Sync Data To Server: connecting' }).waitFor()
      await expectAccessible(page, 'while it syncs')
      expect(await till.seal()).toMatch(/000002$/)
      await till.counter('2 invoices')
    } finally {
      house.relay.process.kill('SIGCONT')
    }
    const result = page.locator('#sync-result')
    await result.getByText('Sync Data To Server ended').waitFor()
    await result.getByText('Everything that was here when it began has a custody receipt.').waitFor()
    await till.counter('0 invoices')
    await page.locator('#last-sync', { hasText: /20\d\d/ }).waitFor()
    // It syncs; the mode stays.
    await page.getByText('Mode: disconnected').waitFor()
  })

  test('a sync that cannot reach the relay says so, and nothing is called synced', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    await till.add('TEA', 'Assam tea')
    const sold = await terminal.invoice(await till.seal())
    await house.stopRelay()
    try {
      await till.button('Sync Data To Server').click()
      await till.page
        .locator('#sync-result.bad', { hasText: 'Sync Data To Server did not end well' })
        .waitFor()
      await expectAccessible(till.page, 'a sync that failed')
      await till.button('Advanced Disconnected Sync').click()
      await till.button('Mark As Synced').click()
      await till.button('Note the date only').click()
      await till.page.locator('#advanced-result:not(.bad)', { hasText: 'Nothing was sent' }).waitFor()
      await till.button('Close').click()
      await till.counter('1 invoice')
    } finally {
      await house.startRelay()
    }
    expect(await house.held(sold)).toBeUndefined()
    await till.button('Sync Data To Server').click()
    await till.counter('0 invoices')
    expect(await house.held(sold)).toMatchObject({ number: sold.number, totals: sold.totals })
  })

  test('Work As Online Client asks for confirmation, and switches without a reload', async () => {
    const till = await browser.open((await house.open('disconnected')).url)
    const { page } = till
    await till.add('TEA', 'Assam tea')
    await till.seal()
    await till.add('PEN', 'Ball pen')
    await page.evaluate('globalThis.notReloaded = true')
    await till.button('Work As Online Client').click()
    const question = page.getByRole('dialog', { name: 'Work as online client?' })
    await question.getByText('1 sale without a custody receipt is sent').waitFor()
    await expectAccessibleDialog(page, 'work-online')
    await till.button('Not now').click()
    await question.waitFor({ state: 'detached' })
    expect(await page.locator('html').getAttribute('data-mode')).toBe('disconnected')

    await till.button('Work As Online Client').click()
    await till.button('Sync and work online').click()
    await page.getByText('Mode: online').waitFor()
    await page.getByText('Link: up').waitFor()
    await till.counter('0 invoices')
    // What it says when it ends moves the buttons.
    await page.getByText('Work As Online Client ended').first().waitFor()
    expect(await page.title()).not.toContain('Disconnected')
    await till.button('Set-Up').waitFor()
    expect(await page.evaluate('globalThis.notReloaded')).toBe(true)
    expect(await page.locator('#line-rows tr').count()).toBe(1)
    expect(await till.button('Work As Online Client').isVisible()).toBe(false)
    await till.button('Work Disconnected').click()
    await page.getByText('Mode: disconnected').waitFor()
  })

  test('S3 Mark As Synced changes the date that is shown and leaves the counter as it is', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.add('TEA', 'Assam tea')
    const sold = await terminal.invoice(await till.seal())
    await till.counter('1 invoice')
    await till.button('Advanced Disconnected Sync').click()
    const dialog = page.getByRole('dialog', { name: 'Advanced Sync' })
    await dialog.getByText(/^Last sync: .*20\d\d/).waitFor()
    await till.button('Mark As Synced').click()
    const question = page.getByRole('dialog', { name: 'Mark As Synced?' })
    await question
      .getByText('nothing is sent or deleted, and 1 sale without a custody receipt is still counted')
      .waitFor()
    await till.button('Note the date only').click()
    await dialog.getByText('Nothing was sent: 1 sale still has no custody receipt.').waitFor()
    await page.locator('#marked-synced', { hasText: 'a remark; nothing was sent' }).waitFor()
    await till.counter('1 invoice')
    expect(await house.held(sold)).toBeUndefined()
    // What was only marked is still sent.
    await dialog.getByText('1 sale without a custody receipt to the relay').waitFor()
    await till.button('Sync Data to Server Now').click()
    await dialog.getByText('Sync Data to Server Now ended').waitFor()
    await till.counter('0 invoices')
    expect(await house.held(sold)).toMatchObject({ number: sold.number })
  })

  test('S1 P1 Force Complete ends with its result, and a sale made meanwhile is still listed', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.add('TEA', 'Assam tea')
    const before = await terminal.invoice(await till.seal())
    await till.button('Advanced Disconnected Sync').click()
    expect(await page.getByLabel('keep the catalogue').isChecked()).toBe(true)
    const advanced = page.getByRole('dialog', { name: 'Advanced Sync' })
    await advanced.getByText('with 1 invoice and 0 credit notes, ₹105.00 in all, to the relay').waitFor()
    await till.button('Force Complete Sync Data').click()
    const question = page.getByRole('dialog', { name: 'Force Complete Sync Data?' })
    await question.getByText('It sends 1 invoice and 0 credit notes, ₹105.00 in all').waitFor()
    await question.getByText('1 of them has no custody receipt yet').waitFor()
    await question.getByText('The catalogue stays').waitFor()
    let meanwhile: string
    house.relay.process.kill('SIGSTOP')
    try {
      await till.button('Send, then delete here').click()
      // Only once the snapshot is written is a sale one that was made meanwhile.
      await page.locator('#advanced-work-text', { hasText: /Writing the snapshot, (\d+) of \1 / }).waitFor()
      await till.button('Close').click()
      await till.add('PEN', 'Ball pen')
      meanwhile = await till.seal()
    } finally {
      house.relay.process.kill('SIGCONT')
    }
    const result = page.locator('#sync-result')
    await result.getByText('Force Complete Sync Data ended').waitFor()
    await result.getByText(/handed to the relay; \d+ documents? deleted here/).waitFor()
    await till.button(meanwhile).waitFor()
    await till.button(before.number).waitFor({ state: 'detached' })
    await till.counter('1 invoice')
    expect(await house.held(before)).toMatchObject({ number: before.number, totals: before.totals })
    await till.add('TEA', 'Assam tea')
  })

  test('D3 S2 P1 Force Complete is cut by a relay that dies, says so, and goes on when the relay is back', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.add('TEA', 'Assam tea')
    const sold = await terminal.invoice(await till.seal())
    await till.button('Advanced Disconnected Sync').click()
    const advanced = page.getByRole('dialog', { name: 'Advanced Sync' })
    house.relay.process.kill('SIGSTOP')
    await till.button('Force Complete Sync Data').click()
    await till.button('Send, then delete here').click()
    await page.locator('#advanced-work-text', { hasText: /Writing the snapshot, (\d+) of \1 / }).waitFor()
    await house.killRelay()
    await advanced.getByText('Force Complete Sync Data did not end well').waitFor()
    await page.locator('#alerts', { hasText: 'is not finished' }).waitFor()
    await expectAccessibleDialog(page, 'advanced-sync')
    // Nothing went without a receipt.
    expect(await terminal.invoice(sold.number)).toMatchObject({ hash: sold.hash, custody: 'none' })
    await till.counter('1 invoice')

    await house.startRelay()
    await till.button('Force Complete Sync Data').click()
    const question = page.getByRole('dialog', { name: 'Force Complete Sync Data?' })
    await question.getByText('goes on where it was').waitFor()
    await till.button('Send, then delete here').click()
    await advanced.getByText('Force Complete Sync Data ended').waitFor()
    await page.locator('#alerts', { hasText: 'is not finished' }).waitFor({ state: 'detached' })
    await till.counter('0 invoices')
    expect(await house.held(sold)).toMatchObject({ number: sold.number, totals: sold.totals })
  })

  test('S2 a sync is cancelled from the page, and what was not sent is still counted', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url)
    await till.add('TEA', 'Assam tea')
    const sold = await terminal.invoice(await till.seal())
    house.relay.process.kill('SIGSTOP')
    try {
      await till.button('Sync Data To Server').click()
      await till.button('Cancel').click()
      const result = till.page.locator('#sync-result.bad')
      await result.getByText('Sync Data To Server did not end well').waitFor()
      await result.getByText('the rest stays here and is sent another time').waitFor()
    } finally {
      house.relay.process.kill('SIGCONT')
    }
    await till.counter('1 invoice')
    await till.button('Sync Data To Server').click()
    await till.counter('0 invoices')
    expect(await house.held(sold)).toBeDefined()
  })

  test('D3 the page says when the agent is gone, and goes on by itself when it is back', async () => {
    const terminal = await house.open('disconnected')
    const till = await browser.open(terminal.url, { lossy: true })
    const { page } = till
    await till.add('TEA', 'Assam tea')
    await terminal.kill()
    const alert = page.getByRole('alert').filter({ hasText: 'The terminal’s agent does not answer' })
    await alert.first().waitFor()
    await expectAccessible(page, 'no agent')
    await page.keyboard.press('F4')
    await page.keyboard.press('F4')
    await page.locator('#tender-error', { hasText: 'it is never sealed twice' }).waitFor()
    expect(await page.locator('#sealed').textContent()).toBe('')
    await terminal.restart()
    await page.locator('#alerts .alert').waitFor({ state: 'detached' })
    expect(await till.seal()).toMatch(/000001$/)
  })
})
