import { Worker } from 'node:worker_threads'
import type { InspectionTask, Verdict } from './inspection.js'

/** The worker beside this file; where the sources run, as in tests, the one that was built of them. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/relay/gate/worker.js' : './worker.js',
  import.meta.url,
)

export interface InspectorLimits {
  /** Milliseconds for one inspection. A day book of 25,000 invoices takes a second or two. */
  readonly time: number
  /** Bytes by which the process may grow in one inspection. */
  readonly memory: number
}

export const INSPECTOR_LIMITS: InspectorLimits = { time: 30_000, memory: 512 * 1024 * 1024 }

/** How often memory is looked at while an inspection runs. Milliseconds. */
const LOOK_MS = 50
/** JavaScript heap of the worker: a message of the largest size, decoded. Automerge's own memory is watched. */
const HEAP_MB = 512

/**
 * Runs inspections in a worker, one at a time, so that no message of a peer stops the relay: one that takes too long
 * or too much memory is ended with its worker, and the next begins with a new one.
 */
export class Inspector {
  readonly #limits: InspectorLimits
  readonly #file: URL
  #worker: Worker | undefined
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #closed = false

  /** @param file of the worker */
  constructor(limits: InspectorLimits = INSPECTOR_LIMITS, file: URL = WORKER) {
    this.#limits = limits
    this.#file = file
  }

  /** Inspections that wait or run. */
  get waiting(): number {
    return this.#waiting
  }

  inspect(task: InspectionTask): Promise<Verdict> {
    this.#waiting += 1
    const verdict = this.#last.then(() => this.#run(task)).finally(() => (this.#waiting -= 1))
    this.#last = verdict.catch(() => undefined)
    return verdict
  }

  #run(task: InspectionTask): Promise<Verdict> {
    if (this.#closed) return Promise.resolve({ is: 'too-much', reason: 'the relay is stopping' })
    const worker = (this.#worker ??= this.#start())
    const before = process.memoryUsage.rss()
    return new Promise((resolve) => {
      const finish = (verdict: Verdict, isSpent: boolean): void => {
        clearTimeout(late)
        clearInterval(watch)
        worker.off('message', onVerdict).off('error', onError).off('exit', onExit)
        if (isSpent) this.#end(worker)
        else worker.unref()
        resolve(verdict)
      }
      const tooMuch = (reason: string): void => finish({ is: 'too-much', reason }, true)
      const onVerdict = (verdict: Verdict): void => finish(verdict, false)
      const onError = (error: Error): void =>
        finish({ is: 'malformed', reason: `Automerge cannot read it: ${error.message}` }, true)
      const onExit = (): void => tooMuch('the reading of it ended before it was done')
      const late = setTimeout(
        () => tooMuch(`it takes longer than ${this.#limits.time} ms to read`),
        this.#limits.time,
      )
      const watch = setInterval(() => {
        if (process.memoryUsage.rss() - before > this.#limits.memory)
          tooMuch(`it takes more than ${this.#limits.memory} bytes to read`)
      }, LOOK_MS)
      worker.ref()
      worker.once('message', onVerdict).once('error', onError).once('exit', onExit)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, not of workers
      worker.postMessage(task)
    })
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } })
    // An error is followed by its exit; without a listener it would end the process.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
    })
    return worker
  }

  #end(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined
    void worker.terminate()
  }

  /** Ends the worker; an inspection that runs ends as too much. */
  async close(): Promise<void> {
    this.#closed = true
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}
