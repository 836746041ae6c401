import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { useOffice } from './relay-page.js'

/** Would run in a page that took a name for markup. */
const MARKUP = '<img src=x onerror=alert(1)><script>alert(2)</script>'

const office = useOffice()

beforeAll(async () => {
  await office.pair({ shop: MARKUP, terminal: MARKUP })
  await office.pair({ shop: 'Main', terminal: 'T09' })
  await office.add({ name: MARKUP, role: 'operator' })
  await office.add({ name: 'Olga', role: 'operator' })
  await office.add({ name: 'Aud', role: 'auditor' })
  await office.add({ name: 'Mira', role: 'manager', shop: 'Main' })
})

describe('the relay’s page', () => {
  test('A2 shows nothing before a person signs in, and tells a wrong password where it is heard', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga', 'a wrong password')
    await page.getByRole('alert').filter({ hasText: 'not the name and password of anyone' }).waitFor()
    expect(await page.getByText('T09').count()).toBe(0)
    expect(await page.getByLabel('Password').inputValue()).toBe('')
    expect(await page.getByLabel('Name').inputValue()).toBe('Olga')
  })

  test('A1 R1 names that are markup show as text, whoever reads them', async () => {
    const page = await office.open()
    await office.signIn(page, MARKUP)
    await page.getByRole('heading', { name: MARKUP, exact: true }).waitFor()
    await page.getByRole('rowheader', { name: MARKUP, exact: true }).waitFor()
    await page.locator('#who', { hasText: MARKUP }).waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.locator('body script').count()).toBe(0)
  })

  test('an operator sees shops, terminals and incidents, makes a code by keyboard, and signs out', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga')
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'T09' }) })
    await row.filter({ hasText: 'not connected' }).waitFor()
    await page.getByRole('cell', { name: 'sign-in-refused: wrong-password' }).waitFor()
    await page.getByLabel('Shop', { exact: true }).focus()
    await page.keyboard.type('Main')
    await page.keyboard.press('Tab')
    await page.keyboard.type('T02')
    await page.keyboard.press('Enter')
    const code = page.locator('#pairing-code')
    await code.filter({ hasText: 'for T02 of Main' }).waitFor()
    await row.getByRole('button', { name: 'Pair again: T09 of Main' }).press('Enter')
    await code.filter({ hasText: 'for T09 of Main' }).waitFor()
    expect(await code.textContent()).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4} /)

    // A slip of the hand shuts nobody out.
    await row.getByRole('button', { name: 'Revoke: T09 of Main' }).press('Enter')
    await page.keyboard.press('Tab')
    await row.filter({ hasText: 'not connected' }).waitFor()
    await row.getByRole('button', { name: 'Revoke: T09 of Main' }).press('Enter')
    await row.getByRole('button', { name: 'Revoke now? T09 of Main' }).press('Enter')
    await page.getByRole('cell', { name: 'revoked', exact: true }).waitFor()
    await page.getByRole('cell', { name: 'Olga revoked terminal T09' }).waitFor()
    await row.getByRole('button', { name: 'Reinstate: T09 of Main' }).press('Enter')
    await row.getByRole('button', { name: 'Pair again: T09 of Main' }).waitFor()

    const cookies = await page.context().cookies()
    expect(cookies).toMatchObject([{ name: 'counterfoil', httpOnly: true, sameSite: 'Strict' }])
    expect(await page.evaluate('document.cookie')).toBe('')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
    expect(await page.getByText('T09').count()).toBe(0)
    await page.context().addCookies(cookies)
    await page.reload()
    await page.getByLabel('Password').waitFor()
  })

  test('A2 an auditor sees incidents and may change nothing; a manager sees one shop', async () => {
    const auditors = await office.open()
    await office.signIn(auditors, 'Aud')
    await auditors.getByRole('heading', { name: 'Incidents' }).waitFor()
    await auditors.getByRole('rowheader', { name: 'T09' }).waitFor()
    expect(await auditors.getByRole('button').allTextContents()).toEqual(['Sign out'])
    const managers = await office.open()
    await office.signIn(managers, 'Mira')
    await managers.getByRole('rowheader', { name: 'T09' }).waitFor()
    expect(await managers.getByRole('heading', { level: 3 }).allTextContents()).toEqual(['Main'])
    expect(await managers.getByRole('heading', { name: 'Incidents' }).count()).toBe(0)
  })

  test('A2 who is removed meanwhile is told to sign in, and sees nothing any more', async () => {
    await office.add({ name: 'Brief', role: 'auditor' })
    const page = await office.open()
    await office.signIn(page, 'Brief')
    await page.getByRole('rowheader', { name: 'T09' }).waitFor()
    await office.operator.send('DELETE', '/v1/admin/people?name=Brief', undefined)
    await page.getByRole('alert').filter({ hasText: 'You are not signed in any more' }).waitFor()
    expect(await page.getByText('T09').count()).toBe(0)
  })

  test('A2 a page of another site can neither read nor change anything for who is signed in', async () => {
    const page = await office.open()
    await office.signIn(page, 'Olga')
    await page.getByRole('rowheader', { name: 'T09' }).waitFor()
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
        fetch('${office.relay.url}/v1/admin/status', { credentials: 'include' }).then((r) => r.text(), (e) => String(e)),
        fetch('${office.relay.url}/v1/admin/pairings', {
          method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"shop":"Evil","terminal":"T66"}',
        }).then((r) => r.type, (e) => String(e)),
      ])`)
      expect(JSON.stringify(tried)).not.toContain('T09')
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
