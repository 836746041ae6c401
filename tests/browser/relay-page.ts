import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { ServiceClient } from '../../src/cli/client.js'
import type { ControlFile, NewPerson, PairingRequest, PairResponse } from '../../src/docs/generated/types.js'
import { readChecked } from '../../src/storage/atomic-file.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { ask } from '../relay/raw-http.js'
import { pairBody } from '../relay/raw-terminal.js'
import { newSigner } from '../support/keys.js'
import { useProcesses, type Served } from '../support/processes.js'
import { launchChromium } from './chromium.js'
import { PATIENCE_MS } from './till-page.js'

const PASSWORD = 'correct horse battery'

export interface Office {
  readonly relay: Served
  /** What a command on the relay's machine would ask. */
  readonly operator: ServiceClient
  pair(pairing: PairingRequest): Promise<void>
  add(person: Omit<NewPerson, 'password'>): Promise<void>
  /** A page in a browser of its own that knows nothing. */
  open(): Promise<Page>
  /** By keyboard alone: the cursor waits in the first field. */
  signIn(page: Page, name: string, password?: string): Promise<void>
}

/**
 * A relay as a process, and a browser. After each test its pages are closed; a dialog that opened, or an error that a page
 * wrote to its console, fails the test: a breach of the content security policy is one.
 */
export function useOffice(): Office {
  const processes = useProcesses('all')
  const pages: Page[] = []
  const errors: string[] = []
  let browser: Browser
  let relay: Served
  let operator: ServiceClient

  beforeAll(async () => {
    browser = await launchChromium()
    const data = join(await processes.directory(), 'relay')
    relay = await processes.serve(['relay', 'serve', '--data', data, '--port', '0'])
    const control = (await readChecked(nodeDisk, join(data, 'control.json'))) as ControlFile
    operator = new ServiceClient(control.url, control.token)
  })
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close()
    expect(errors.splice(0), 'dialogs, and errors on the page’s console').toEqual([])
  })
  afterAll(() => browser.close())

  return {
    get relay() {
      return relay
    },
    get operator() {
      return operator
    },
    async pair(pairing) {
      const { code } = await operator.send<{ code: string }>('POST', '/v1/admin/pairings', pairing)
      const body = pairBody(code, newSigner())
      const { status } = await ask<PairResponse>(relay.url, 'POST', '/v1/pair', { body })
      if (status !== 201) throw new Error(`${pairing.terminal} was not paired`)
    },
    async add(person) {
      await operator.send('POST', '/v1/admin/people', { ...person, password: PASSWORD })
    },
    async open() {
      const context = await browser.newContext()
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      pages.push(page)
      page.on('dialog', (dialog) => {
        errors.push(dialog.message())
        void dialog.dismiss()
      })
      page.on('pageerror', (error) => errors.push(String(error)))
      page.on('console', (message) => {
        // What the relay refused is told on the page; Chromium notes it as well.
        const told = /^Failed to load resource.*status of 4\d\d/.test(message.text())
        if (message.type() === 'error' && !told) errors.push(message.text())
      })
      await page.goto(relay.url)
      return page
    },
    async signIn(page, name, password = PASSWORD) {
      await page.locator('#name:focus').waitFor()
      await page.keyboard.type(name)
      await page.keyboard.press('Tab')
      await page.keyboard.type(password)
      await page.keyboard.press('Enter')
    },
  }
}
