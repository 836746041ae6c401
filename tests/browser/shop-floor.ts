import { join } from 'node:path'
import { beforeAll, expect } from 'vitest'
import { ServiceClient } from '../../src/cli/client.js'
import type {
  ControlFile,
  EditItems,
  ExportedInvoice,
  InvoiceLookup,
  PairingResponse,
} from '../../src/docs/generated/types.js'
import type { PersonRole } from '../../src/docs/people.js'
import { readChecked } from '../../src/storage/atomic-file.js'
import { DataDirectory } from '../../src/storage/data-directory.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { pair, readIdentity } from '../../src/terminal/identity.js'
import type { Status } from '../../src/terminal/status.js'
import type { SyncResult } from '../../src/terminal/syncer.js'
import { useProcesses, type Served } from '../support/processes.js'

const CATALOGUE: EditItems['items'] = [
  {
    sku: 'TEA',
    name: 'Assam tea',
    price: { minor: 10_000 },
    tax: 'CGST:2.5+SGST:2.5',
    barcodes: ['8901000000019'],
  },
  { sku: 'PEN', name: 'Ball pen', price: { minor: 1_050 }, barcodes: ['8901000000026'] },
  {
    sku: 'SOAP',
    name: 'Bath soap',
    price: { minor: 4_225 },
    tax: 'CGST:9+SGST:9',
    barcodes: ['8901000000033'],
  },
  { sku: '<IMG>', name: '<img src=x onerror=alert(1)>', price: { minor: 100 } },
]

export type Mode = 'online' | 'disconnected'
export type Role = 'till' | 'manager'

/** A terminal whose agent runs as a process of its own. */
export interface Terminal {
  readonly url: string
  /** Codes are unique in the organisation, so it depends on the shops there are already. */
  readonly code: string
  /** Its directory. */
  readonly data: string
  /** What its page or a command would ask of it. */
  readonly agent: ServiceClient
  /** Enters somebody who signs in at its shop's terminals, and fetches them. */
  cashier(name: string, pin: string, role?: PersonRole): Promise<void>
  /** They may sign in no more, and the terminal hears of it. */
  dismiss(name: string): Promise<void>
  /** An invoice that is on its disk. */
  invoice(number: string): Promise<ExportedInvoice>
  /** Of its key, as an auditor is given it. */
  publicKey(): Promise<string>
  /** Ends its agent as a power failure would. */
  kill(): Promise<void>
  /** Starts its agent again, where the page looks for it. */
  restart(): Promise<void>
  /** Pairs and starts another terminal of its shop. */
  neighbour(mode: Mode, role?: Role): Promise<Terminal>
}

/** One relay for the tests of a file, and shops and terminals of one test each. */
export interface House {
  /** The first terminal, a manager's, of a new shop with a catalogue. */
  open(mode: Mode): Promise<Terminal>
  /** What the relay holds of exactly this invoice. */
  held(invoice: ExportedInvoice): Promise<ExportedInvoice | undefined>
  readonly relay: Served
  /** Path of its directory. */
  readonly relayData: string
  stopRelay(): Promise<void>
  /** As a power failure would end it. */
  killRelay(): Promise<void>
  /** On its port again, where the terminals look for it. */
  startRelay(): Promise<void>
}

/**
 * Relay and agents are real processes. What a person would do with commands before the shop opens is asked of them
 * over HTTP, as the commands do it: each start of a process takes seconds on a busy machine.
 */
export function useHouse(): House {
  const relays = useProcesses('all')
  const agents = useProcesses('test')
  let relayData = ''
  let relay: Served
  let operator: ServiceClient
  let relayPort = '0'
  let shops = 0

  const startRelay = async (): Promise<void> => {
    relay = await relays.serve(['relay', 'serve', '--data', relayData, '--port', relayPort])
    relayPort = new URL(relay.url).port
    const control = (await readChecked(nodeDisk, join(relayData, 'control.json'))) as ControlFile
    operator = new ServiceClient(control.url, control.token)
  }

  beforeAll(async () => {
    relayData = join(await relays.directory(), 'relay')
    await startRelay()
  })

  const pairDirectory = async (data: string, shop: string, terminal: string, role: Role): Promise<void> => {
    const pairing = { shop, terminal, role }
    const { code } = await operator.send<PairingResponse>('POST', '/v1/admin/pairings', pairing)
    const held = await DataDirectory.open({
      directory: data,
      kind: 'terminal',
      create: true,
      disk: nodeDisk,
      now: () => new Date(),
    })
    await pair(data, nodeDisk, relay.url, code, AbortSignal.timeout(60_000))
    await held.adopt()
    await held.release()
  }

  /** Pairs and starts a terminal, in online mode and with what the relay has. */
  const start = async (shop: string, name: string, role: Role): Promise<Terminal> => {
    const data = join(await agents.directory(), name)
    await pairDirectory(data, shop, name, role)
    const serve = (port: string): Promise<Served> =>
      agents.serve(['terminal', 'serve', '--data', data, '--port', port])
    let served = await serve('0')
    const { url } = served
    const { token } = (await readChecked(nodeDisk, join(data, 'control.json'))) as ControlFile
    const agent = new ServiceClient(url, token)
    await sync(agent)
    const { terminal } = await agent.get<Status>('/v1/status')
    return {
      url,
      data,
      code: terminal.code,
      agent,
      async cashier(person, pin, role = 'cashier') {
        await operator.send('POST', '/v1/admin/cashiers', { shop, name: person, role, pin })
        await sync(agent)
      },
      async dismiss(person) {
        await operator.send('POST', '/v1/admin/cashiers/remove', { shop, name: person })
        await sync(agent)
      },
      async invoice(number) {
        return (await agent.get<InvoiceLookup>(`/v1/invoices?${new URLSearchParams({ number })}`)).invoice
      },
      async publicKey() {
        const identity = await readIdentity(data, nodeDisk)
        if (!identity) throw new Error('It is not paired')
        return identity.signer.publicKey
      },
      async kill() {
        await served.kill()
      },
      async restart() {
        served = await serve(new URL(url).port)
      },
      async neighbour(mode, role = 'till') {
        const neighbour = await start(shop, 'Second', role)
        await enter(neighbour, mode)
        return neighbour
      },
    }
  }

  return {
    async open(mode) {
      shops += 1
      const terminal = await start(`Shop ${shops}`, 'First', 'manager')
      await terminal.agent.send('POST', '/v1/items', { items: CATALOGUE })
      await sync(terminal.agent)
      await enter(terminal, mode)
      return terminal
    },
    async held({ hash }) {
      const { invoices } = await operator.get<{ invoices: ExportedInvoice[] }>('/v1/admin/export?format=json')
      return invoices.find((invoice) => invoice.hash === hash)
    },
    get relay() {
      return relay
    },
    get relayData() {
      return relayData
    },
    async stopRelay() {
      await relay.stop()
    },
    async killRelay() {
      await relay.kill()
    },
    startRelay,
  }
}

/** Exchanges everything with the relay, as *Sync Data To Server* does. */
export async function sync(agent: ServiceClient): Promise<void> {
  expect(await agent.send<SyncResult>('POST', '/v1/sync', {})).toMatchObject({ complete: true, notTaken: [] })
}

async function enter({ agent }: Terminal, mode: Mode): Promise<void> {
  if (mode === 'disconnected') await agent.send('POST', '/v1/disconnect', {})
}
