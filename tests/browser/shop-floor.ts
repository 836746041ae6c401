import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll } from 'vitest'
import type { ExportedInvoice, PairingResponse } from '../../src/docs/generated/types.js'
import { useProcesses, type Served } from '../support/processes.js'

export const CATALOGUE = `sku,name,price,tax,barcodes
TEA,Assam tea,100.00,CGST:2.5+SGST:2.5,8901000000019
PEN,Ball pen,10.50,,8901000000026
SOAP,Bath soap,42.25,CGST:9+SGST:9,8901000000033
<IMG>,<img src=x onerror=alert(1)>,1.00,,
`

export interface Terminal {
  readonly data: string
  /** Starts its agent; on the same port again, where it ran before. */
  serve(mode?: 'online' | 'disconnected'): Promise<Served>
}

export interface ShopFloor {
  readonly name: string
  readonly terminals: readonly [Terminal, Terminal]
}

/** One relay for the tests of a file. */
export interface House {
  /** A new shop with a catalogue and two terminals: T01 is a manager's, and T02 of the role given. */
  open(secondRole?: 'till' | 'manager'): Promise<ShopFloor>
  /** What the relay holds. */
  export(): Promise<ExportedInvoice[]>
  readonly relay: Served
  stopRelay(): Promise<void>
  /** On its port again, where the terminals look for it. */
  startRelay(): Promise<void>
}

export function useHouse(): House {
  const { run, serve, directory } = useProcesses('all')
  let relayData = ''
  let relay: Served
  let relayPort = '0'
  let shops = 0

  const startRelay = async (): Promise<void> => {
    relay = await serve(['relay', 'serve', '--data', relayData, '--port', relayPort])
    relayPort = new URL(relay.url).port
  }

  beforeAll(async () => {
    relayData = join(await directory(), 'relay')
    await startRelay()
  })

  const pair = async (shop: string, terminal: string, role: string): Promise<Terminal> => {
    const data = join(await directory(), terminal)
    const pairing = ['--data', relayData, '--shop', shop, '--terminal', terminal, '--role', role]
    const { code } = await run<PairingResponse>(['relay', 'pair', ...pairing])
    await run(['terminal', 'pair', '--data', data, '--relay', relay.url, '--code', code])
    let port = '0'
    return {
      data,
      async serve(mode = 'online') {
        const served = await serve(['terminal', 'serve', '--data', data, '--port', port, '--mode', mode])
        port = new URL(served.url).port
        return served
      },
    }
  }

  return {
    async open(secondRole = 'till') {
      shops += 1
      const name = `Shop ${shops}`
      const first = await pair(name, 'T01', 'manager')
      const file = join(first.data, 'catalogue.csv')
      await writeFile(file, CATALOGUE)
      await run(['catalogue', 'import', '--data', first.data, '--file', file])
      await run(['terminal', 'sync', '--data', first.data])
      return { name, terminals: [first, await pair(name, 'T02', secondRole)] }
    },
    async export() {
      return (await run<{ invoices: ExportedInvoice[] }>(['export', '--data', relayData, '--format', 'json']))
        .invoices
    },
    get relay() {
      return relay
    },
    async stopRelay() {
      await relay.stop()
    },
    startRelay,
  }
}
