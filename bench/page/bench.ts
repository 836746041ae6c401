/**
 * How long a cashier waits for the page: from Enter on a scan to the line on the screen, and from the key that seals to
 * “sealed”, in Chromium, with a large catalogue and a full day book; beside it the same in a shop that has just opened.
 *
 *   npm run bench:page [-- --json]
 */
import type { Browser } from 'playwright-core'
import { launchChromium } from '../../tests/browser/chromium.js'
import { installClock, scan, seal } from './measure.js'
import { ask, Shop } from './shop.js'

interface Size {
  readonly name: string
  readonly items: number
  readonly invoices: number
}

const FULL: Size = { name: 'full', items: 20_000, invoices: 500 }
const NEW: Size = { name: 'new', items: 20, invoices: 0 }
const BILLS = 200
const LINES = 4
/** Bills that are not counted: the first ones compile the page's code and the agent's. */
const WARM_UP = 5
/** Milliseconds at the 99th percentile, with the full shop. */
const GOALS = { scan: 100, seal: 150 } as const

const barcode = (index: number): string => `890${String(index).padStart(10, '0')}`

function catalogue(items: number): string {
  const rows = Array.from(
    { length: items },
    (_, index) =>
      `SKU-${index},Item ${index},${(10 + (index % 500)).toFixed(2)},CGST:9+SGST:9,${barcode(index)}`,
  )
  return ['sku,name,price,tax,barcodes', ...rows].join('\n')
}

/** Sold as at the page, so that the document of the day's bills is as full as the day book. */
async function fillDay(terminal: string, invoices: number): Promise<void> {
  for (let index = 0; index < invoices; index += 1) {
    const line = (at: number) => ({ sku: `SKU-${(index * 7 + at) % FULL.items}` })
    const { id } = await ask<{ id: string }>(terminal, 'POST', '/v1/bills', { line: line(0) })
    for (const at of [1, 2]) await ask(terminal, 'POST', `/v1/bills/${id}/lines`, line(at))
    await ask(terminal, 'POST', `/v1/bills/${id}/seal`, { tenders: { exactly: { type: 'cash' } } })
  }
}

interface Waits {
  readonly scan: readonly number[]
  readonly seal: readonly number[]
}

async function bill(browser: Browser, url: string, items: number): Promise<Waits> {
  const page = await browser.newPage({ viewport: { width: 1024, height: 600 } })
  await page.goto(url)
  await page.locator('html:not([data-mode=unknown])').waitFor()
  await installClock(page)
  const waits = { scan: [] as number[], seal: [] as number[] }
  for (let round = 0; round < WARM_UP + BILLS; round += 1) {
    const counts = round >= WARM_UP
    for (let line = 0; line < LINES; line += 1) {
      const waited = await scan(page, barcode((round * 131 + line * 17) % items))
      if (counts) waits.scan.push(waited)
    }
    const waited = await seal(page)
    if (counts) waits.seal.push(waited)
  }
  await page.close()
  return waits
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}

async function measure(browser: Browser, size: Size): Promise<Waits> {
  const shop = await Shop.open()
  try {
    process.stderr.write(`${size.name}: ${size.items} items, ${size.invoices} invoices …\n`)
    const relay = await shop.serve('relay', 'serve', '--data', shop.relayData())
    const data = await shop.pair(relay, 'Bench', 'T01', 'manager', catalogue(size.items))
    const terminal = await shop.serve('terminal', 'serve', '--data', data)
    await fillDay(terminal, size.invoices)
    return await bill(browser, terminal, size.items)
  } finally {
    await shop.close()
  }
}

const browser = await launchChromium()
try {
  // One after the other, on the same machine in the same minutes.
  const small = await measure(browser, NEW)
  const full = await measure(browser, FULL)
  const rows = (['scan', 'seal'] as const).map((what) => {
    const [p50, p99] = [percentile(full[what], 0.5), percentile(full[what], 0.99)]
    return {
      what,
      samples: full[what].length,
      p50,
      p99,
      goal: GOALS[what],
      met: p99 < GOALS[what],
      newShopP50: percentile(small[what], 0.5),
      newShopP99: percentile(small[what], 0.99),
      ratioP50: p50 / percentile(small[what], 0.5),
    }
  })
  if (process.argv.includes('--json'))
    console.log(JSON.stringify({ items: FULL.items, invoices: FULL.invoices, rows }))
  else {
    console.log(
      `${FULL.items} items, ${FULL.invoices} invoices in the day book; in brackets a shop that has just opened`,
    )
    for (const row of rows) {
      const name =
        row.what === 'scan' ? 'Enter on a scan to the line on the screen' : 'Seal to “sealed” on the screen'
      console.log(
        `${name}: p50 ${row.p50.toFixed(1)} ms (${row.newShopP50.toFixed(1)}), p99 ${row.p99.toFixed(1)} ms (${row.newShopP99.toFixed(1)}), ` +
          `goal ${row.goal} ms at p99: ${row.met ? 'met' : 'not met'}; ${row.ratioP50.toFixed(2)} times the new shop at p50; ${row.samples} samples`,
      )
    }
  }
} finally {
  await browser.close()
}
