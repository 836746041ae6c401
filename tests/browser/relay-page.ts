import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { ServiceClient } from '../../src/cli/client.js'
import type { ControlFile, NewPerson, PairingRequest } from '../../src/docs/generated/types.js'
import { readChecked } from '../../src/storage/atomic-file.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { RawTerminal } from '../relay/raw-terminal.js'
import type { RunningRelay } from '../support/world.js'
import { useProcesses, type Served } from '../support/processes.js'
import { launchChromium } from './chromium.js'
import { PATIENCE_MS } from './till-page.js'

const PASSWORD = 'correct horse battery'

export interface Office {
  readonly relay: Served
  /** What a command on the relay's machine would ask. */
  readonly operator: ServiceClient
  /** A terminal without an agent: it says what a test wants it to. */
  pair(pairing: PairingRequest): Promise<RawTerminal>
  add(person: Omit<NewPerson, 'password'>): Promise<void>
  /** Pairs a directory with what a QR code says, and starts the terminal on it; resolves to its API. */
  terminal(name: string, link: string): Promise<ServiceClient>
  /** A page in a browser of its own that knows nothing. */
  open(options?: BrowserContextOptions): Promise<Page>
  /** By keyboard alone: the cursor waits in the first field. */
  signIn(page: Page, name: string, password?: string): Promise<void>
}

/**
 * A relay as a process, and a browser. `prepare` may fill the relay's directory before. After each test its pages are
 * closed; a dialog that opened, or an error that a page wrote to its console, fails the test: a breach of the content
 * security policy is one.
 */
export function useOffice(prepare: (data: string) => Promise<void> = async () => undefined): Office {
  const processes = useProcesses('all')
  const pages: Page[] = []
  const errors: string[] = []
  let browser: Browser
  let relay: Served
  let operator: ServiceClient

  beforeAll(async () => {
    browser = await launchChromium()
    const data = join(await processes.directory(), 'relay')
    await prepare(data)
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
      // Of a running relay it needs the address.
      return RawTerminal.pairedWith({ url: relay.url } as RunningRelay, code)
    },
    async add(person) {
      await operator.send('POST', '/v1/admin/people', { ...person, password: PASSWORD })
    },
    async terminal(name, link) {
      const data = join(await processes.directory(), name)
      await processes.run(['terminal', 'pair', '--data', data, '--link', link])
      await processes.serve(['terminal', 'serve', '--data', data, '--port', '0', '--mode', 'disconnected'])
      const file = (await readChecked(nodeDisk, join(data, 'control.json'))) as ControlFile
      return new ServiceClient(file.url, file.token)
    },
    async open(options = {}) {
      const context = await browser.newContext({ locale: 'en-GB', ...options })
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
