import jsQR from 'jsqr'
import type { Locator, Page } from 'playwright-core'

/** What a camera would read of what is on the screen. */
export async function readQr(page: Page, shown: Locator): Promise<string> {
  const picture = (await shown.screenshot()).toString('base64')
  // In a page without a content policy, which may make a picture of bytes.
  const reader = await page.context().newPage()
  try {
    const { data, width, height } = (await reader.evaluate(`(async () => {
      const bytes = Uint8Array.from(atob('${picture}'), (letter) => letter.charCodeAt(0))
      const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const canvas = new OffscreenCanvas(image.width, image.height)
      const context = canvas.getContext('2d')
      context.drawImage(image, 0, 0)
      const { data, width, height } = context.getImageData(0, 0, image.width, image.height)
      return { data: [...data], width, height }
    })()`)) as { data: number[]; width: number; height: number }
    // The package is CommonJS; its types and its default export do not agree under Node.
    const decode = ((jsQR as unknown as { default?: typeof jsQR }).default ?? jsQR) as unknown as (
      data: Uint8ClampedArray,
      width: number,
      height: number,
    ) => { data: string } | null
    const found = decode(new Uint8ClampedArray(data), width, height)
    if (!found) throw new Error('There is no QR code in the picture')
    return found.data
  } finally {
    await reader.close()
    await page.bringToFront()
  }
}
