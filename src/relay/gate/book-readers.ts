import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { BookAnswers, BookTask } from './book-task.js'

/** The worker beside this file; where the sources run, as in tests, the one that was built of them. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? '../../../dist/relay/gate/book-worker.js' : './book-worker.js',
  import.meta.url,
)

/** One core is for the relay's own thread; with more than these, its disk is what is waited for. */
const WORKERS = Math.max(1, Math.min(4, availableParallelism() - 1))
/** Of a worker's JavaScript: the records of one request, unfolded and parsed. */
const HEAP_MB = 256
/** A full day book, unfolded, is read in half a second. */
const TASK_MS = 30_000

/** A relay that has just started has its terminals to answer first. */
const READY_AFTER_MS = 2_000

/** What a worker begins with. */
export interface WorkerData {
  /** Whether to read a sample before anything comes: the first book of a worker takes five times as long as later ones. */
  readonly makeReady: boolean
}

/** A worker that ended, or took too long, before it answered. */
export class ReaderFailed extends Error {
  constructor(reason: string) {
    super(`A day book could not be read: ${reason}`)
    this.name = 'ReaderFailed'
  }
}

interface Waiting {
  readonly task: BookTask
  readonly resolve: (answer: never) => void
  readonly reject: (error: Error) => void
}

/**
 * Reads day books in workers, one for each core that can be spared, so that the relay goes on answering. What a
 * worker reads is bounded before it is unfolded; one that ends or takes too long costs its task, and a new one begins.
 */
export class BookReaders {
  readonly #workers = new Set<Worker>()
  readonly #idle: Worker[] = []
  readonly #urgent: Waiting[] = []
  readonly #later: Waiting[] = []
  readonly #file: URL
  readonly #most: number
  #makeReady = false
  #closed = false

  constructor(file: URL = WORKER, workers: number = WORKERS) {
    this.#file = file
    this.#most = workers
  }

  /** Soon has a worker that reads as fast as it will, for a relay that is to run for long. */
  makeReady(): void {
    this.#makeReady = true
    setTimeout(() => this.warm(), READY_AFTER_MS).unref()
  }

  /** Begins a worker, if there is none: who has just connected is likely to bring something. */
  warm(): void {
    if (this.#workers.size === 0 && !this.#closed) this.#idle.push(this.#start())
  }

  /** @throws ReaderFailed */
  read<T extends BookTask>(task: T): Promise<BookAnswers[T['is']]> {
    return this.#queue(this.#urgent, task)
  }

  /**
   * As {@link read}, for what nobody waits for: it runs when nothing else does.
   * @throws ReaderFailed
   */
  readLater<T extends BookTask>(task: T): Promise<BookAnswers[T['is']]> {
    return this.#queue(this.#later, task)
  }

  #queue<T extends BookTask>(queue: Waiting[], task: T): Promise<BookAnswers[T['is']]> {
    if (this.#closed) return Promise.reject(new ReaderFailed('the relay is stopping'))
    return new Promise((resolve, reject) => {
      queue.push({ task, resolve: resolve as (answer: never) => void, reject })
      this.#dispatch()
    })
  }

  #dispatch(): void {
    for (;;) {
      const isWaiting = this.#urgent.length + this.#later.length > 0
      if (!isWaiting) return
      const worker = this.#idle.pop() ?? (this.#workers.size < this.#most ? this.#start() : undefined)
      if (!worker) return
      const next = this.#urgent.shift() ?? this.#later.shift()
      if (next) this.#run(worker, next)
    }
  }

  #run(worker: Worker, { task, resolve, reject }: Waiting): void {
    const finish = (settle: () => void, isSpent: boolean): void => {
      clearTimeout(late)
      worker.off('message', onAnswer).off('error', onError).off('exit', onExit)
      if (isSpent) this.#end(worker)
      else {
        worker.unref()
        this.#idle.push(worker)
      }
      settle()
      this.#dispatch()
    }
    const fail = (reason: string): void => finish(() => reject(new ReaderFailed(reason)), true)
    const onAnswer = (found: unknown): void => finish(() => resolve(found as never), false)
    const onError = (error: Error): void => fail(error.message)
    const onExit = (): void => fail('its reader ended')
    const late = setTimeout(() => fail(`it takes longer than ${TASK_MS} ms`), TASK_MS)
    worker.ref()
    worker.once('message', onAnswer).once('error', onError).once('exit', onExit)
    // What is only a part of a larger buffer would be sent with all of it.
    const changes = task.changes.slice()
    worker.postMessage({ ...task, changes }, [changes.buffer])
  }

  #start(): Worker {
    const worker = new Worker(this.#file, {
      workerData: { makeReady: this.#makeReady } satisfies WorkerData,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    })
    this.#workers.add(worker)
    worker.unref()
    // An error is followed by its exit; without a listener it would end the process.
    worker.on('error', () => undefined)
    worker.on('exit', () => this.#end(worker))
    return worker
  }

  #end(worker: Worker): void {
    this.#workers.delete(worker)
    const at = this.#idle.indexOf(worker)
    if (at >= 0) this.#idle.splice(at, 1)
    void worker.terminate()
  }

  /** Ends the workers; what is being read ends as failed. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of [...this.#urgent.splice(0), ...this.#later.splice(0)])
      reject(new ReaderFailed('the relay is stopping'))
    await Promise.all([...this.#workers].map((worker) => worker.terminate()))
  }
}
