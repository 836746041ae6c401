import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Contestant, ServerAddress, TillRequest } from '../contestant.js'
import type { Invoice } from '../invoices.js'
import { memory } from '../proc.js'
import { begin, firstLine, type Process } from '../processes.js'
import type { Watch } from '../watch/watch.js'

export interface Started {
  readonly process: Process
  /** From the start of the process to the answer. */
  readonly ms: number
  /** Bytes it held then. */
  readonly memory: number | undefined
}

/** Starts a contestant's till on a folder, and posts one sale as soon as it is ready. */
export async function coldStart(
  contestant: Contestant,
  at: { readonly dir: string; readonly server: ServerAddress },
  invoice: Invoice,
  watched?: { readonly watch: Watch; readonly title: string },
): Promise<Started> {
  const { till, title } = contestant
  if (!till) throw new Error(`${title} has no till`)
  const argv = [...till.argv(at)]
  const begun = performance.now()
  const process = begin(argv, `The till of ${title}`, watched?.watch.env(true))
  const line = await firstLine(process)
  await post(await till.sale({ line, dir: at.dir, invoice }))
  const ms = performance.now() - begun
  await watched?.watch.end(process.pid, { trial: watched.title, process: 'till' })
  return { process, ms, memory: memory(process.pid) }
}

async function post({ url, headers, body }: TillRequest): Promise<void> {
  const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const asked = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      text(response).then((read) => resolve({ status: response.statusCode ?? 0, text: read }), reject)
    })
    asked.end(body)
  })
  if (answer.status < 200 || answer.status > 299)
    throw new Error(`The sale was answered ${answer.status} ${answer.text.slice(0, 300)}`)
}
