import fs from 'node:fs'
import { writeFile, rename } from 'node:fs/promises'
import { Session, type Profiler } from 'node:inspector/promises'
import { join } from 'node:path'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'
import { ownTimes, type OwnTime } from './own-times.js'

/*
 * Loaded into the processes of a watched run (see `watch.ts`): from one SIGUSR2 to the next it counts fsyncs and samples
 * where the threads that run JavaScript are, and then writes what it found.
 */

/** What one process writes for each command that was watched. */
export interface Watched {
  /** Calls of fsync and fdatasync. */
  readonly syncs: number
  readonly main: readonly OwnTime[]
  /** Of all other threads that run JavaScript, together. */
  readonly workers: readonly OwnTime[]
}

const folder = process.env['COUNTERFOIL_BENCH_WATCH'] ?? ''
const channel = new BroadcastChannel('counterfoil-bench-watch')
channel.unref()
const say = (what: 'begin' | 'end' | Profiler.Profile): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, not of channels between threads
  channel.postMessage(what)
}
const hear = (listener: (data: unknown) => void): void => {
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the types of Node's channel have no other
  channel.onmessage = (event: unknown) => listener((event as { data: unknown }).data)
}

const SAMPLE_US = 500
/** A worker that is busy answers when it is done; one that does not answer is left out. */
const ANSWER_MS = 2_000

class Sampling {
  #session: Session | undefined

  async begin(): Promise<void> {
    const session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US })
    await session.post('Profiler.start')
    this.#session = session
  }

  async end(): Promise<Profiler.Profile | undefined> {
    const session = this.#session
    this.#session = undefined
    const found = await session?.post('Profiler.stop')
    session?.disconnect()
    return found?.profile
  }
}

const sampling = new Sampling()
if (isMainThread) void watchProcess()
else watchWorker()

async function watchProcess(): Promise<void> {
  let syncs = 0
  countSyncs(() => (syncs += 1))
  let before = 0
  let number = 0
  let workers = 0
  let isOn = process.env['COUNTERFOIL_BENCH_WATCH_START'] === '1'
  const toggle = async (): Promise<void> => {
    isOn = !isOn
    if (isOn) {
      before = syncs
      say('begin')
      await sampling.begin()
    } else {
      const main = await sampling.end()
      const answers = await answersOfWorkers(workers)
      const watched: Watched = {
        syncs: syncs - before,
        main: main ? ownTimes([main]) : [],
        workers: ownTimes(answers),
      }
      await writeFile(join(folder, `${process.pid}.tmp`), JSON.stringify(watched))
      number += 1
      await rename(join(folder, `${process.pid}.tmp`), join(folder, `${process.pid}.${number}.json`))
    }
    await writeFile(join(folder, `${process.pid}.${isOn ? 'on' : 'off'}`), '')
  }
  process.on('SIGUSR2', () => void toggle())
  process.on('worker', () => (workers += 1))
  if (isOn) await sampling.begin()
}

function answersOfWorkers(workers: number): Promise<Profiler.Profile[]> {
  const found: Profiler.Profile[] = []
  if (workers === 0) return Promise.resolve(found)
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(found), ANSWER_MS)
    hear((data) => {
      if (typeof data !== 'object' || data === null) return
      found.push(data as Profiler.Profile)
      if (found.length < workers) return
      clearTimeout(late)
      resolve(found)
    })
    say('end')
  })
}

function watchWorker(): void {
  hear((data) => void hearWorker(data))
}

async function hearWorker(data: unknown): Promise<void> {
  if (data === 'begin') await sampling.begin()
  if (data !== 'end') return
  const profile = await sampling.end()
  if (profile) say(profile)
}

/** Wraps whatever asks for an fsync through Node; native code that does by itself is not seen. */
function countSyncs(count: () => void): void {
  const api = fs as unknown as Record<string, (...args: unknown[]) => unknown>
  for (const name of ['fsync', 'fdatasync', 'fsyncSync', 'fdatasyncSync']) wrap(api, name, count)
  void countHandles(count)
}

async function countHandles(count: () => void): Promise<void> {
  const handle = await fs.promises.open(process.execPath, 'r')
  const prototype = Object.getPrototypeOf(handle) as Parameters<typeof wrap>[0]
  for (const name of ['sync', 'datasync']) wrap(prototype, name, count)
  await handle.close()
}

function wrap(
  target: Record<string, (...args: unknown[]) => unknown>,
  name: string,
  count: () => void,
): void {
  const inner = target[name]
  if (!inner) return
  target[name] = function (this: unknown, ...args: unknown[]) {
    count()
    return inner.apply(this, args)
  }
}
