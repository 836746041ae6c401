import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Verdict } from '../../docs/generated/types.js'
import { KINDS, Refused, refusedFrom } from '../../protocol/problem.js'
import type { ShopTerminal } from '../../docs/shop.js'
import type { Shops } from '../shops.js'
import type { EvidenceTask, EvidenceWord } from './evidence-task.js'

/** The worker beside this file; where the sources run, as in tests, the one that was built of them. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/relay/audit/evidence-worker.js' : './evidence-worker.js',
  import.meta.url,
)
/** Of a worker's JavaScript: one day book at a time, and some bytes for each record and leaf of the log. */
const HEAP_MB = 512
/** Each reads all that the relay holds: terminals come first. */
const AT_ONCE = 1

/** Verifies and exports what lies in a relay's directory, in a worker, so that the relay goes on answering. */
export class EvidenceWork {
  readonly #directory: string
  readonly #relayKey: string
  readonly #shops: Shops
  #running = 0

  constructor(directory: string, relayKey: string, shops: Shops) {
    this.#directory = directory
    this.#relayKey = relayKey
    this.#shops = shops
  }

  /**
   * Everything the relay holds, with the relay's own key and the terminals' as its documents name them.
   * @throws Refused `busy`
   */
  async verify(progress: (event: { records: number }) => void, signal: AbortSignal): Promise<Verdict> {
    const keys = this.#shops.all().flatMap(({ terminals }) => [...terminals.values()].flatMap(keysOf))
    const [directory, relayKey] = [this.#directory, this.#relayKey]
    const task = { is: 'verify', directory, relayKey, terminals: new Map(keys) } as const
    for await (const word of this.#run(task, signal)) {
      if (word.is === 'verdict') return word.verdict
      if (word.is === 'progress') progress({ records: word.done })
    }
    throw ended()
  }

  /**
   * A signed export bundle, piece by piece.
   * @throws Refused `busy`, `unknown-format`, `export-too-large`, `damaged-document`
   */
  async *bundle(
    what: { readonly format: string; readonly from: string | null; readonly to: string | null },
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    for await (const word of this.#run({ is: 'bundle', directory: this.#directory, ...what }, signal)) {
      if (word.is === 'piece') yield word.bytes
      if (word.is === 'end') return
    }
    throw ended()
  }

  async *#run(task: EvidenceTask, signal: AbortSignal): AsyncGenerator<EvidenceWord> {
    if (this.#running >= AT_ONCE)
      throw new Refused(
        'unavailable',
        'busy',
        'The relay verifies or exports for somebody already. Try again when that is done.',
      )
    this.#running += 1
    const worker = new Worker(WORKER, {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    })
    worker.unref()
    try {
      const end = AbortSignal.any([signal, exitOf(worker)])
      for await (const [word] of on(worker, 'message', { signal: end }) as AsyncIterable<[EvidenceWord]>) {
        if (word.is === 'problem') throw refusedFrom(word.problem, word.problem.status)
        yield word
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, not of workers
        if (word.is === 'piece') worker.postMessage('next')
      }
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') throw ended()
      throw error
    } finally {
      this.#running -= 1
      await worker.terminate()
    }
  }
}

function keysOf({ code, keys }: ShopTerminal): [string, string][] {
  return [...keys].map(([epoch, key]) => [`${code}${epoch}`, key])
}

/** Aborts when the worker is gone; what it said before is heard first. */
function exitOf(worker: Worker): AbortSignal {
  const gone = new AbortController()
  worker.on('error', () => undefined)
  worker.once('exit', () => setImmediate(() => gone.abort()))
  return gone.signal
}

function ended(): Refused {
  return new Refused(
    'failed',
    'failure',
    `${KINDS.failed.title}: what reads the relay’s directory has ended.`,
  )
}
