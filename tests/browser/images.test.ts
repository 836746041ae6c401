import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { png } from '../support/pictures.js'
import { expectAccessible, expectAccessibleDialog } from './accessible.js'
import { sync, useHouse } from './shop-floor.js'
import { useBrowser, type TillPage } from './till-page.js'

const house = useHouse()
const browser = useBrowser()

const file = (name: string, bytes: Uint8Array, mimeType: string) => ({
  name,
  mimeType,
  buffer: Buffer.from(bytes),
})

/** Puts a picture on the tea in Set-Up. */
async function picture(
  { page }: TillPage,
  bytes: Uint8Array,
  name = 'tea.png',
  type = 'image/png',
): Promise<void> {
  const input = page.getByLabel('Picture of Assam tea (JPEG, PNG or WebP)')
  await input.setInputFiles(file(name, bytes, type))
}

/** Whether the browser has drawn the picture of an item that a search found. */
const drawn = ({ page }: TillPage): Promise<unknown> =>
  page.waitForFunction(() => {
    const picture = document.querySelector('#hits img.picture')
    return picture instanceof HTMLImageElement && picture.naturalWidth === 24
  })

describe('pictures of items on the page', () => {
  test('S2 S3 P1 go both ways, and are cleared here only with receipts', async () => {
    const terminal = await house.open('online')
    const neighbour = await terminal.neighbour('disconnected')
    const till = await browser.open(terminal.url)
    const { page } = till
    await till.button('Set-Up').click()
    await page.getByRole('tab', { name: 'Images' }).click()
    await picture(till, new TextEncoder().encode('<svg onload="alert(1)"/>'), 'tea.svg', 'image/png')
    await page.getByRole('alert').filter({ hasText: 'not an image that a till shows' }).waitFor()
    await picture(till, png(24, 24, [180, 40, 40]))
    await page.locator('.picture-field img.picture').first().waitFor()
    await page.getByText('Not yet at the relay').waitFor()
    await expectAccessible(page, 'pictures of items')
    await till.button('Back to the till').first().click()
    await page.getByLabel('Item: name, SKU or barcode').fill('tea')
    await drawn(till)
    await expectAccessible(page, 'items found with pictures')

    const other = await browser.open(neighbour.url)
    await other.button('Advanced Disconnected Sync').click()
    const advanced = other.page.getByRole('dialog', { name: 'Advanced Sync' })
    await other.button('Sync Images to Server Now').click()
    await advanced.getByText('Sync Images to Server Now ended').waitFor()
    await advanced.getByText('0 images sent, 1 fetched').waitFor()
    await advanced.getByText(/^Last sync of images: .*20\d\d/).waitFor()
    await other.button('Close').click()
    await other.page.getByLabel('Item: name, SKU or barcode').fill('tea')
    await drawn(other)

    await other.button('Advanced Disconnected Sync').click()
    await advanced.getByText('those of its 1 image').waitFor()
    await other.button('Force Complete Sync Images').click()
    await other.page
      .getByRole('dialog', { name: 'Force Complete Sync Images?' })
      .getByText('An image without a receipt is not deleted.')
      .waitFor()
    await expectAccessibleDialog(other.page, 'force-images')
    await other.button('Send, then delete here').click()
    await advanced.getByText('Force Complete Sync Images ended').waitFor()
    await advanced.getByText('0 images sent; 1 deleted here').waitFor()
    const { images } = await neighbour.agent.get<{ images: { here: { count: number } } }>('/v1/status')
    expect(images.here.count).toBe(0)
    // It is at the relay for good, and comes again when it is wanted.
    await sync(neighbour.agent)
    await other.button('Sync Images to Server Now').click()
    await advanced.getByText('0 images sent, 1 fetched').waitFor()
  })

  test('D2 a damaged picture is an alarm on the page until it has come back', async () => {
    const terminal = await house.open('online')
    const neighbour = await terminal.neighbour('disconnected')
    const bytes = png(24, 24, [40, 40, 180])
    const put = await fetch(`${terminal.url}/v1/items/TEA/image`, { method: 'PUT', body: Buffer.from(bytes) })
    expect(put.status).toBe(201)
    await terminal.agent.send('POST', '/v1/images/sync', {})
    await neighbour.agent.send('POST', '/v1/images/sync', {})
    const hash = createHash('sha256').update(bytes).digest('hex')
    await writeFile(join(neighbour.data, 'images', hash), Uint8Array.from(bytes).fill(0, 50, 60))
    const till = await browser.open(neighbour.url)
    const { page } = till
    await page.getByLabel('Item: name, SKU or barcode').fill('tea')
    const alarm = page.locator('#alerts p', { hasText: 'Damaged images were found and set aside' })
    await alarm.filter({ hasText: `${hash.slice(0, 12)} (checksum)` }).waitFor()
    await expectAccessible(page, 'alarm of a damaged picture')
    await till.button('Advanced Disconnected Sync').click()
    await till.button('Sync Images to Server Now').click()
    await alarm.waitFor({ state: 'detached' })
  })
})
