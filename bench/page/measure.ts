import type { Page } from 'playwright-core'

/** Runs inside the page: remembers when a key went down, and resolves when what it leads to has been painted. */
const CLOCK = `
  window.counterfoilClock = {
    pressed: 0,
    /** Milliseconds from the last press of a key until what \`done\` looks for is on the screen. */
    async until(done) {
      while (!done()) await new Promise((changed) => {
        const observer = new MutationObserver(() => { observer.disconnect(); changed() })
        observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
      })
      // After the frame that shows it has been handed to the screen.
      await new Promise((painted) => requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = painted
        port2.postMessage(0)
      }))
      return performance.now() - this.pressed
    },
  }
  addEventListener('keydown', (event) => { window.counterfoilClock.pressed = event.timeStamp }, true)
`

export async function installClock(page: Page): Promise<void> {
  await page.evaluate(CLOCK)
}

/** Scans an item. @returns milliseconds from Enter until its line is on the screen */
export async function scan(page: Page, barcode: string): Promise<number> {
  const lines = await page.locator('#line-rows tr').count()
  // A scanner types faster than any person: all of it, then Enter.
  await page.keyboard.insertText(barcode)
  const shown = page.evaluate<number>(
    `counterfoilClock.until(() => document.querySelectorAll('#line-rows tr').length > ${lines})`,
  )
  await page.keyboard.press('Enter')
  return shown
}

/** Seals the bill. @returns milliseconds from the key that seals until “sealed” with its number is on the screen */
export async function seal(page: Page): Promise<number> {
  const before = await page.evaluate<string>(`document.querySelector('#sealed .number')?.textContent ?? ''`)
  await page.keyboard.press('F4')
  const shown = page.evaluate<number>(
    `counterfoilClock.until(() => (document.querySelector('#sealed .number')?.textContent ?? '') !== ${JSON.stringify(before)})`,
  )
  await page.keyboard.press('F4')
  return shown
}
