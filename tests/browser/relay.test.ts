import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ServiceClient } from '../../src/cli/client.js'
import type { RawTerminal } from '../relay/raw-terminal.js'
import { reportOf } from '../relay/watch/reports-of.js'
import { expectAccessible, expectAccessibleDialog } from './accessible.js'
import { readQr } from './qr.js'
import { useOffice } from './relay-page.js'

/** Would run in a page that took a name for markup. */
const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>'

const office = useOffice()
let till: RawTerminal

beforeAll(async () => {
  await office.pair({ shop: MARKUP, terminal: MARKUP })
  till = await office.pair({ shop: 'Main', terminal: 'T09' })
  await office.add({ name: MARKUP, role: 'operator' })
  await office.add({ name: 'Olga', role: 'operator' })
  await office.add({ name: 'Aud', role: 'auditor' })
  await office.add({ name: 'Mira', role: 'manager', shop: 'Main' })
})

const rowOf = (page: Page, name: string): Locator =>
  page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })

/** Opens what is known of a terminal, by keyboard. */
async function look(page: Page, name: string): Promise<Locator> {
  await page.getByRole('rowheader', { name, exact: true }).getByRole('button').press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('heading', { level: 2 }).filter({ hasText: name }).waitFor()
  return dialog
}

/** A terminal of which the relay refused something, with the bytes of it as evidence. */
async function misbehaved(terminal: string): Promise<void> {
  const socket = await (await office.pair({ shop: 'Main', terminal })).joined()
  socket.sendBytes(new Uint8Array([1, 2, 3]))
  await socket.closed
}

/** A terminal that may change items, in disconnected mode. */
async function manager(shop: string, terminal: string): Promise<ServiceClient> {
  const pairing = { shop, terminal, role: 'manager' } as const
  const { code } = await office.operator.send<{ code: string }>('POST', '/v1/admin/pairings', pairing)
  const query = new URLSearchParams({ relay: office.relay.url, code })
  return office.terminal(terminal, `counterfoil:pair?${query}`)
}

describe('the relay’s page', () => {
  test('A2 shows nothing before a person signs in, and tells a wrong password where it is heard', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga', 'a wrong password')
    await page.getByRole('alert').filter({ hasText: 'not the name and password of anyone' }).waitFor()
    expect(await page.getByText('T09').count()).toBe(0)
    expect(await page.getByLabel('Password').inputValue()).toBe('')
    expect(await page.getByLabel('Name').inputValue()).toBe('Olga')
    await expectAccessible(page, 'sign-in refused')
  })

  test('A1 R1 names that are markup show as text, whoever reads them', async () => {
    const page = await office.open()
    await office.signIn(page, MARKUP)
    await page.locator('#who', { hasText: MARKUP }).waitFor()
    await rowOf(page, MARKUP).filter({ hasText: MARKUP }).waitFor()
    const dialog = await look(page, MARKUP)
    await dialog.getByRole('heading', { name: `${MARKUP} of ${MARKUP}` }).waitFor()
    expect(await page.locator('body img').count()).toBe(0)
    expect(await page.locator('body script').count()).toBe(0)
  })

  test('pairs a terminal by keyboard, with a code and with a QR code, and tells when it was used', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga')
    await page.getByRole('button', { name: 'Pair a terminal' }).press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Pair a terminal' })
    await dialog.getByText('makes that terminal part of the shop').waitFor()
    await expectAccessibleDialog(page, 'pair')
    await dialog.getByLabel('Shop').focus()
    await page.keyboard.type('Main')
    await page.keyboard.press('Tab')
    await page.keyboard.type('T02')
    await page.keyboard.press('Enter')
    const code = await dialog.locator('.code').textContent()
    expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/)
    await expectAccessibleDialog(page, 'pair')
    const link = await readQr(page, dialog.getByRole('img', { name: 'QR code' }))
    expect(link).toBe(
      `counterfoil:pair?${new URLSearchParams({ relay: office.relay.url, code: code ?? '' })}`,
    )
    const status = await (
      await office.terminal('T02', link)
    ).get<{ terminal: { name: string } }>('/v1/status')
    expect(status.terminal.name).toBe('T02')
    await dialog.getByText('T02 is paired.').waitFor()
    await expectAccessibleDialog(page, 'pair')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    // What the new terminal reported is there by itself.
    await rowOf(page, 'T02').filter({ hasText: 'T02A/' }).waitFor()
    // The focus is where it was.
    await page.locator('button:focus', { hasText: 'Pair a terminal' }).waitFor()
  })

  test('shows live what becomes of a terminal, and each decision says first what it will do', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga')
    const row = rowOf(page, 'T09')
    await row.filter({ hasText: 'not connected' }).waitFor()
    await office.pair({ shop: 'Main', terminal: 'Side door' })
    const socket = await till.joined()
    await row.locator('.cell-link', { hasText: /^connected$/ }).waitFor()

    let dialog = await look(page, 'T09')
    await dialog.getByText('A: paired').waitFor()
    await dialog.getByRole('button', { name: 'Rename' }).press('Enter')
    await page.getByText('Gives T09 another name with its next sync').waitFor()
    await page.getByLabel('New name').fill('Side door')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByRole('alert').filter({ hasText: 'Side door' }).waitFor()
    await expectAccessibleDialog(page, 'rename')
    await page.getByLabel('New name').fill('Front desk')
    await page.keyboard.press('Enter')
    // The dialog it was opened from is there again.
    await page.getByRole('dialog').getByRole('heading', { name: 'Front desk of Main' }).waitFor()

    await page.getByRole('button', { name: 'Move to a new epoch' }).press('Enter')
    await page.getByText('its invoice numbers then begin anew at 1').waitFor()
    await expectAccessibleDialog(page, 'move-epoch')
    // A slip of the hand does nothing.
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Move to a new epoch' }).press('Enter')
    await page.getByLabel('Reason').fill('a new year')
    await page.keyboard.press('Enter')
    await page.getByText('decided by Olga').waitFor()
    await socket.closed
    expect((await till.connect()).body.move).toMatchObject({ by: 'Olga', reason: 'a new year' })
    await page.getByText('a new year').waitFor()

    await page.getByRole('button', { name: 'Revoke' }).press('Enter')
    await page.getByText('Shuts Front desk out at once').waitFor()
    await expectAccessibleDialog(page, 'revoke')
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).press('Enter')
    await page.getByText('Revoked by Olga').waitFor()
    await page.getByRole('button', { name: 'Take in day books' }).press('Enter')
    await page.getByText('hand in its own day books, and nothing else').waitFor()
    await expectAccessibleDialog(page, 'intake')
    await page.getByRole('dialog').getByRole('button', { name: 'Take in day books' }).press('Enter')
    await page.getByText('May hand in its day books until').waitFor()
    await page.getByRole('button', { name: 'End the intake' }).press('Enter')
    await expectAccessibleDialog(page, 'close-intake')
    await page.getByRole('dialog').getByRole('button', { name: 'End the intake' }).press('Enter')
    await page.getByRole('button', { name: 'Take in day books' }).waitFor()
    await page.getByRole('button', { name: 'Reinstate' }).press('Enter')
    await page.getByText('Lets Front desk be paired again').waitFor()
    await expectAccessibleDialog(page, 'reinstate')
    await page.getByRole('dialog').getByRole('button', { name: 'Reinstate' }).press('Enter')
    await page.getByText('Reinstated by Olga').waitFor()
    await expectAccessibleDialog(page, 'terminal')
    dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Pair again' }).press('Enter')
    await page.getByText('any other copy may seal no more').waitFor()
    await expectAccessibleDialog(page, 'pair')
    await page.getByRole('dialog').getByRole('button', { name: 'Make a code' }).press('Enter')
    await page.getByText('For Front desk of Main; valid once').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Front desk of Main' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await office.operator.send('POST', '/v1/admin/terminals/rename', {
      shop: 'Main',
      terminal: 'Front desk',
      name: 'T09',
    })
    await rowOf(page, 'T09').waitFor()
  })

  test('N2 tells of two copies of a terminal what to do about them, and settles that', async () => {
    const copied = await office.pair({ shop: 'Main', terminal: 'T11' })
    await copied.post('/v1/epoch', { reason: 'restored', asked: 'ask_0123456789' })
    // The copy knows nothing of the new epoch.
    await copied.connect()
    const page = await office.open()
    await office.signIn(page, 'Olga')
    await rowOf(page, 'T11').getByText('lives twice').waitFor()
    const dialog = await look(page, 'T11')
    const seen = dialog.getByRole('listitem').filter({ hasText: 'Two live copies were seen' })
    await seen.filter({ hasText: 'connected in epoch A, after epoch B' }).waitFor()
    await expectAccessibleDialog(page, 'terminal')
    await dialog.getByRole('button', { name: 'End the fork alarm' }).press('Enter')
    const question = await expectAccessibleDialog(page, 'settle-fork')
    await question.getByRole('button', { name: 'End the fork alarm' }).press('Enter')
    await page.getByRole('dialog', { name: 'T11 of Main' }).waitFor()
    await page.getByRole('button', { name: 'End the fork alarm' }).waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await rowOf(page, 'T11').getByText('lives twice').waitFor({ state: 'detached' })
    const { forks } = await office.operator.get<{ forks: unknown[] }>('/v1/admin/status')
    expect(forks).toEqual([])
  })

  test('says that what is shown may be old while it hears of no changes', async () => {
    const page = await office.open()
    await page.route('**/v1/admin/events', (route) => route.fulfill({ status: 429 }))
    await office.signIn(page, 'Olga')
    await page.getByRole('status').filter({ hasText: 'what is shown may be old' }).waitFor()
    // What it does not know it does not call empty.
    expect(await page.getByText('No terminal').count()).toBe(0)
    await expectAccessible(page, 'no changes heard')
  })

  test('shows an item that was oversold with its causes, a name that is markup as text', async () => {
    const agent = await manager('Stocked', 'M01')
    await agent.send('POST', '/v1/items', {
      items: [{ sku: 'TEA', name: MARKUP, price: { minor: 10_000 } }],
      received: [{ sku: 'TEA', quantity: '2' }],
      whileDisconnected: true,
    })
    await agent.send('POST', '/v1/sales', {
      lines: [{ id: '1', sku: 'TEA', name: MARKUP, quantity: '5', price: { minor: 10_000 }, taxes: [] }],
      tenders: { exactly: { type: 'cash' } },
    })
    await agent.send('POST', '/v1/sync', {})
    const page = await office.open()
    await office.signIn(page, 'Olga')
    await page.getByRole('link', { name: 'Exceptions' }).press('Enter')
    const table = page.getByRole('table', { name: 'Oversold' })
    const cells = table.getByRole('row').filter({ hasText: 'TEA' }).getByRole('cell')
    await table.getByRole('rowheader', { name: `${MARKUP} (TEA)` }).waitFor()
    expect(await cells.allTextContents()).toEqual(['2', '5', '3', 'M01 (M01): 5'])
    expect(await page.locator('main img').count()).toBe(0)
    await expectAccessible(page, 'what was oversold')
    // A late entry of what came in ends it, and the page is told.
    await agent.send('POST', '/v1/items', {
      items: [{ sku: 'TEA', name: MARKUP, price: { minor: 10_000 } }],
      received: [{ sku: 'TEA', quantity: '9' }],
      whileDisconnected: true,
    })
    await agent.send('POST', '/v1/sync', {})
    await page.getByText('Nothing was sold that had not come in.').waitFor()
  })

  test('shows both values of a price that two terminals wrote apart', async () => {
    const agents = [await manager('Torn', 'M02'), await manager('Torn', 'M03')]
    for (const [index, agent] of agents.entries())
      await agent.send('POST', '/v1/items', {
        by: `Manager ${index}`,
        items: [{ sku: 'PEN', name: 'Ball pen', price: { minor: 1_000 + index } }],
        whileDisconnected: true,
      })
    for (const agent of agents) await agent.send('POST', '/v1/sync', {})
    const page = await office.open()
    await office.signIn(page, 'Olga')
    await page.getByRole('link', { name: 'Exceptions' }).press('Enter')
    const row = page.getByRole('table', { name: 'Conflicts' }).getByRole('row').filter({ hasText: 'price' })
    const values = row.getByRole('listitem')
    await values.nth(1).waitFor()
    expect((await values.allTextContents()).toSorted()).toEqual([
      expect.stringMatching(/^1000.*Manager 0/),
      expect.stringMatching(/^1001.*Manager 1/),
    ])
    await expectAccessible(page, 'prices in conflict')
  })

  test('A3 lists what was refused with its evidence, and accepts it with a reason', async () => {
    await misbehaved('T10')
    const page = await office.open()
    await office.signIn(page, 'Olga')
    await rowOf(page, 'T10').getByText('change refused').waitFor()
    await page.getByRole('link', { name: 'Incidents' }).press('Enter')
    const table = page.getByRole('table', { name: 'Incidents' })
    const row = table.getByRole('row').filter({ hasText: 'frame-refused' })
    await row.waitFor()
    await expectAccessible(page, 'incidents')
    const download = page.waitForEvent('download')
    await row.getByRole('link', { name: '3' }).click()
    expect((await download).suggestedFilename()).toMatch(/^incident-\d+\.bin$/)
    await row.getByRole('button', { name: 'Accept' }).press('Enter')
    await page.getByText('it counts as an alarm no more, and what is kept of it stays').waitFor()
    await expectAccessibleDialog(page, 'accept')
    // Without a reason it is not accepted.
    await page.getByRole('dialog').getByRole('button', { name: 'Accept' }).press('Enter')
    await page.getByLabel('Reason').fill('a till of the test lab')
    await page.keyboard.press('Enter')
    await row.getByText('Accepted by Olga').filter({ hasText: 'a till of the test lab' }).waitFor()
    await page.getByLabel('Open only').check()
    await row.waitFor({ state: 'detached' })
    await expectAccessible(page, 'no open incidents')
    await page.getByRole('link', { name: 'Fleet' }).press('Enter')
    await rowOf(page, 'T10').waitFor()
    // The row is told a moment later.
    await rowOf(page, 'T10').getByText('change refused').waitFor({ state: 'detached' })
    expect(await page.getByRole('row').filter({ hasText: 'change refused' }).count()).toBe(0)
  })

  test('H2 shows live which terminal saw another log of this relay, finds it by that, and tells training mode', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga')
    const trainee = await office.pair({ shop: 'Main', terminal: 'T13' })
    await rowOf(page, 'T13').waitFor()
    const at = '2026-04-01T05:00:00.000Z'
    const said = { logAlarm: { at, kind: 'left-out' }, training: { at, by: 'Mira' } } as const
    expect(await trainee.post('/v1/report', reportOf(new Date(), said))).toMatchObject({ status: 200 })
    await rowOf(page, 'T13').getByText('saw another log').waitFor()
    await rowOf(page, 'T13').getByText('disconnected, training').waitFor()
    await page.getByLabel('Alarm').selectOption('log')
    await rowOf(page, 'T09').waitFor({ state: 'detached' })
    const dialog = await look(page, 'T13')
    await dialog.getByText('the relay’s log is not what it saw: a receipt is not in it.').waitFor()
    await dialog.getByText('begun by Mira: nothing is sealed there as a sale').waitFor()
    await expectAccessible(page, 'a terminal that saw another log')
    expect(await trainee.post('/v1/report', reportOf(new Date()))).toMatchObject({ status: 200 })
    await dialog.getByText('the relay’s log is not what it saw').waitFor({ state: 'detached' })
  })

  test('shows the relay’s health over time, in words as well', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga')
    await page.getByRole('link', { name: 'Health' }).press('Enter')
    await page.getByRole('heading', { name: 'Storage' }).waitFor()
    // A plot is drawn after the frame that shows its heading.
    const drawn = page.locator('.u-wrap canvas')
    await drawn.nth(7).waitFor()
    expect(await drawn.count()).toBe(8)
    await page.getByText(/^memory: \d/).waitFor()
    await page.getByText(/^terminals: \d/).waitFor()
    await page.getByLabel('Time shown').selectOption('24')
    await expectAccessible(page, 'health')
  })

  test.each(['light', 'dark'] as const)('hinders nobody, in %s colours and in Hindi', async (colorScheme) => {
    const page = await office.open({ colorScheme, locale: 'hi-IN' })
    await office.signIn(page, 'Olga')
    for (const view of ['टर्मिनल', 'अपवाद', 'घटनाएँ', 'स्थिति']) {
      await page.getByRole('link', { name: view }).press('Enter')
      await page.getByRole('heading', { level: 2, name: view }).waitFor()
      await expectAccessible(page, view)
    }
    expect(await page.evaluate('document.documentElement.lang')).toBe('hi')
    await page.getByRole('link', { name: 'टर्मिनल' }).press('Enter')
    await look(page, 'T09')
    await page.getByText('A: जोड़ा गया').waitFor()
    await expectAccessibleDialog(page, 'terminal')
    await page.keyboard.press('Escape')
    await page.getByLabel('भाषा').selectOption('en')
    await page.getByRole('heading', { level: 2, name: 'Fleet' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 2, name: 'Fleet' }).waitFor()
  })

  test('is used by touch on a small screen: nothing scrolls sideways but tables, targets are large', async () => {
    const page = await office.open({ viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true })
    await office.signIn(page, 'Olga')
    await rowOf(page, 'T09').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    const small = await page.evaluate(
      `[...document.querySelectorAll('button, select, input, nav a')]
        .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)`,
    )
    expect(small).toEqual([])
    await rowOf(page, 'T09').getByRole('button').tap()
    await page.getByRole('dialog').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })

  test('A2 an auditor sees incidents and may change nothing; a manager sees one shop', async () => {
    const auditors = await office.open()
    await office.signIn(auditors, 'Aud')
    const dialog = await look(auditors, 'T09')
    await dialog.getByText('A: paired').waitFor()
    expect(await dialog.getByRole('group', { name: 'Actions' }).count()).toBe(0)
    await auditors.keyboard.press('Escape')
    expect(await auditors.getByRole('button', { name: 'Pair' }).count()).toBe(0)
    await auditors.getByRole('link', { name: 'Incidents' }).click()
    await auditors.getByRole('table', { name: 'Incidents' }).waitFor()
    expect(await auditors.getByRole('button', { name: 'Accept' }).count()).toBe(0)
    const managers = await office.open()
    await office.signIn(managers, 'Mira')
    await rowOf(managers, 'T09').waitFor()
    expect(await managers.getByText(MARKUP).count()).toBe(0)
    expect(await managers.getByRole('navigation').getByRole('link').allTextContents()).toEqual([
      'Fleet',
      'Exceptions',
      'Audit',
    ])
    await managers.getByRole('link', { name: 'Audit' }).click()
    await managers.getByRole('button', { name: 'Completeness' }).waitFor()
    // What tells of the whole relay is not a manager's.
    expect(await managers.getByRole('button', { name: 'Proof' }).count()).toBe(0)
  })

  test('A2 who signs out, or is removed meanwhile, sees nothing any more', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga')
    await rowOf(page, 'T09').waitFor()
    const cookies = await page.context().cookies()
    expect(cookies).toMatchObject([{ name: 'counterfoil', httpOnly: true, sameSite: 'Strict' }])
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
    expect(await page.getByText('T09').count()).toBe(0)
    await page.context().addCookies(cookies)
    await page.reload()
    await page.getByLabel('Password').waitFor()

    await office.add({ name: 'Brief', role: 'auditor' })
    await office.signIn(page, 'Brief')
    await rowOf(page, 'T09').waitFor()
    await look(page, 'T09')
    await office.operator.send('DELETE', '/v1/admin/people?name=Brief', undefined)
    await page.getByRole('alert').filter({ hasText: 'You are not signed in any more' }).waitFor()
    expect(await page.getByText('T09').count()).toBe(0)
  })

  test('A2 a page of another site can neither read nor change anything for who is signed in', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga')
    await rowOf(page, 'T09').waitFor()
    // Another port of the same machine: as near as a site can be, and the browser does send the cookie.
    const site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html><title>evil</title>')
    })
    site.listen(0, '127.0.0.1')
    await once(site, 'listening')
    const cookies: (string | undefined)[] = []
    try {
      const evil = await page.context().newPage()
      evil.on('request', (request) => void request.allHeaders().then((all) => cookies.push(all['cookie'])))
      await evil.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
      const tried = await evil.evaluate(`Promise.all([
        fetch('${office.relay.url}/v1/admin/fleet', { credentials: 'include' }).then((r) => r.text(), (e) => String(e)),
        fetch('${office.relay.url}/v1/admin/pairings', {
          method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"shop":"Evil","terminal":"T66"}',
        }).then((r) => r.type, (e) => String(e)),
        new Promise((resolve) => {
          const stream = new EventSource('${office.relay.url}/v1/admin/events', { withCredentials: true })
          stream.onopen = () => resolve('opened')
          stream.onerror = () => resolve('refused')
        }),
      ])`)
      expect(JSON.stringify(tried)).not.toContain('T09')
      expect(tried).toMatchObject({ 2: 'refused' })
    } finally {
      site.close()
    }
    expect(cookies.some((cookie) => cookie?.startsWith('counterfoil='))).toBe(true)
    const { shops } = await office.operator.get<{ shops: { name: string }[] }>('/v1/admin/status')
    expect(shops.map(({ name }) => name)).not.toContain('Evil')
  })

  test('R1 no script or style stands in the page itself', async () => {
    const response = await fetch(office.relay.url)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*|data:/)
    const page = await response.text()
    expect(page).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*src=)/)
  })
})
