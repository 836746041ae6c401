import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { ExportedInvoice } from '../../src/docs/generated/types.js'
import { readChecked } from '../../src/storage/atomic-file.js'
import { nodeDisk } from '../../src/storage/disk.js'
import type { Status } from '../../src/terminal/status.js'
import { useProcesses, type Started } from '../support/processes.js'
import { jsonHere } from './run-here.js'

const processes = useProcesses('test')

interface Addresses {
  readonly relay: string
  readonly terminals: readonly string[]
  readonly folder: string
}

/** Starts the demo with a folder of its own for its data. */
async function startDemo() {
  const root = await processes.directory()
  const demo = processes.start(['demo', '--headless', '--json'], { env: { TMPDIR: root } })
  /** Resolves when the relay runs, before there are terminals. */
  const begun = line(demo, demo.process.stderr).then(async (text) => {
    const [name = ''] = await readdir(root)
    return { relay: /The relay runs at (\S+)\.$/.exec(text)?.[1] ?? '', folder: join(root, name) }
  })
  const addresses = async (): Promise<Addresses> =>
    JSON.parse(await line(demo, demo.process.stdout)) as Addresses
  return { demo, root, begun, addresses }
}

/** The first line of a stream. */
async function line({ ended }: Started, stream: Readable | null): Promise<string> {
  if (!stream) throw new Error('The stream is not piped')
  const lines = createInterface({ input: stream })
  const first = once(lines, 'line').then(([text]: unknown[]) => String(text))
  return Promise.race([first, ended.then(({ stderr }) => Promise.reject(new Error(stderr)))])
}

/** Resolves when a till says that all it sold is receipted, and that it sold something. */
async function receiptedAt(url: string): Promise<void> {
  const response = await fetch(`${url}/v1/events`)
  if (!response.body) throw new Error('no events')
  const input = Readable.fromWeb(response.body as never)
  try {
    for await (const text of createInterface({ input })) {
      const data = /^data: (\{.*"receipted".*\})$/.exec(text)?.[1]
      if (data === undefined) continue
      const { receipted, unreceipted } = JSON.parse(data) as Status
      if (receipted.invoices > 0 && unreceipted.invoices === 0) return
    }
    throw new Error('The till ended')
  } finally {
    // Or the end of the till would be an error of a stream nobody reads.
    input.destroy()
  }
}

const get = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T

/** Whether anybody answers at an address. */
async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  )
}

describe('demo', () => {
  test('starts a relay and two tills; a sale at a till reaches the relay; SIGTERM leaves no process and no folder', async () => {
    const { demo, root, addresses } = await startDemo()
    const { relay, terminals, folder } = await addresses()
    expect(await get(`${relay}/healthz`)).toMatchObject({ status: 'ok' })
    const [first = '', second = ''] = terminals
    expect(await get<Status>(`${first}/v1/status`)).toMatchObject({ terminal: { role: 'manager' } })
    expect(await get<Status>(`${second}/v1/status`)).toMatchObject({ terminal: { role: 'till' } })
    expect((await get<{ items: unknown[] }>(`${second}/v1/items?query=tea`)).items).toHaveLength(2)

    // Told by the till itself, as its page is, when the relay has receipted what was sold.
    const receipted = receiptedAt(second)
    const sale = {
      lines: [
        {
          id: '1',
          sku: 'TEA-250',
          name: 'Assam tea 250 g',
          quantity: '2',
          price: { minor: 14_500 },
          taxes: [],
        },
      ],
      tenders: { exactly: { type: 'cash' } },
    }
    const response = await fetch(`${second}/v1/sales`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sale),
    })
    expect(response.status).toBe(201)
    const { invoice } = (await response.json()) as { invoice: ExportedInvoice }
    await receipted
    const { invoices } = await jsonHere<{ invoices: ExportedInvoice[] }>([
      'export',
      '--data',
      join(folder, 'relay'),
      '--format',
      'json',
    ])
    expect(invoices.map(({ number, custody }) => [number, custody])).toEqual([[invoice.number, 'receipted']])

    expect(await readdir(root)).toEqual([folder.slice(root.length + 1)])
    demo.process.kill('SIGTERM')
    expect(await demo.ended).toMatchObject({ code: 0, signal: null })
    for (const url of [relay, first, second]) expect(await answers(url)).toBe(false)
    expect(await readdir(root)).toEqual([])
    // Nine processes, one after the other, on a machine that may be busy.
  }, 300_000)

  test('stopped while it begins, it leaves no process and no folder either', async () => {
    const { demo, root, begun } = await startDemo()
    const { relay } = await begun
    expect(await answers(relay)).toBe(true)
    demo.process.kill('SIGTERM')
    expect(await demo.ended).toMatchObject({ code: 0, signal: null, stdout: '' })
    expect(await answers(relay)).toBe(false)
    expect(await readdir(root)).toEqual([])
  })

  test('ends with an error where one of its processes ends by itself, and leaves nothing', async () => {
    const { demo, root, begun } = await startDemo()
    const { folder } = await begun
    const control = await readChecked(nodeDisk, join(folder, 'relay', 'control.json'))
    process.kill((control as { pid: number }).pid, 'SIGKILL')
    const { code, stdout, stderr } = await demo.ended
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('counterfoil: counterfoil relay serve ended with SIGKILL')
    expect(await readdir(root)).toEqual([])
  })
})
