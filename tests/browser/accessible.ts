import axe from 'axe-core'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { dialogId, type DialogName } from '../../src/pages/dialog-names.js'

/** Rules of WCAG 2.2 up to level AA, and what axe-core counts as good practice. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

interface Finding {
  readonly id: string
  readonly impact?: string | null
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly failureSummary?: string }[]
}

/** What axe-core finds on the page as it is shown now, and calls serious or critical. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // Evaluated from outside, which the page's content policy has no say in.
  await page.evaluate(axe.source)
  const violations = await page.evaluate<readonly Finding[]>(
    `axe.run(document, { runOnly: ${JSON.stringify(TAGS)} }).then(({ violations }) => violations)`,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary = '' }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    )
}

/** @param what names the page as it is shown in the failure */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  expect(await seriousFindings(page), what).toEqual([])
}

/** As {@link expectAccessible}, once this dialog is open. `every-dialog.test.ts` reads the names these calls give. */
export async function expectAccessibleDialog(page: Page, name: DialogName): Promise<Locator> {
  const dialog = page.locator(`#${dialogId(name)}[open]`)
  await dialog.waitFor()
  await expectAccessible(page, `dialog “${name}”`)
  return dialog
}
