import { messageOf } from './api.js'
import { make, part, say } from './dom.js'
import type { WorkProgress } from './shapes.js'
import { count, time } from './time.js'

/** What a person is told when work has ended, the most important first. */
export interface Outcome {
  readonly good: boolean
  readonly sentences: readonly string[]
}

interface NotTaken {
  readonly name: string
  readonly reason: string
}

const PHASES: Readonly<Record<string, string>> = {
  receiving: 'Receiving',
  sending: 'Sending',
  exporting: 'Writing the snapshot',
  uploading: 'Uploading',
  verified: 'Verified by custody receipts',
  purging: 'Deleting here what is receipted',
  purged: 'Deleted here',
}

const PLACES = ['work', 'advanced'] as const

/**
 * The sync work that is running and how it ended, at the top of the page and in the dialog. One piece of work is
 * started here at a time; billing does not know of it (S1).
 */
export class Work {
  readonly #starters: readonly HTMLButtonElement[]
  #running: string | undefined

  /** @param starters the buttons that start work; they rest while some is running */
  constructor(starters: readonly HTMLButtonElement[]) {
    this.#starters = starters
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  async run(name: string, work: () => Promise<Outcome>): Promise<void> {
    if (this.#running !== undefined) return
    this.#running = name
    this.#rest(true)
    this.#tell(`${name}: connecting …`)
    this.#end([])
    let outcome: Outcome
    try {
      outcome = await work()
    } catch (error) {
      outcome = { good: false, sentences: [messageOf(error)] }
    }
    this.#running = undefined
    this.#rest(false)
    this.#hide()
    const ending = `${name} ${outcome.good ? 'ended' : 'did not end well'} at ${time(new Date().toISOString())}.`
    this.#end([ending, ...outcome.sentences], outcome.good)
  }

  /** An event of the agent; the work may have been started elsewhere. */
  progress({ phase, done, total, unit = 'documents' }: WorkProgress): void {
    const name = this.#running ?? 'Sync'
    const figures =
      unit === 'bytes' ? `${bytes(done)} of ${bytes(total)}` : `${done} of ${count(total, 'document')}`
    this.#tell(`${name}: ${PHASES[phase] ?? phase}, ${figures}`, total === 0 ? 1 : done / total)
  }

  /** The agent says that nothing runs. */
  idle(): void {
    if (this.#running === undefined) this.#hide()
  }

  #rest(resting: boolean): void {
    for (const starter of this.#starters) starter.disabled = resting
  }

  #tell(text: string, share?: number): void {
    for (const place of PLACES) {
      say(part(`${place}-text`, HTMLElement), text)
      const bar = part(`${place}-bar`, HTMLProgressElement)
      if (share === undefined) bar.removeAttribute('value')
      else bar.value = share
      part(place === 'work' ? 'work' : 'advanced-work', HTMLElement).hidden = false
    }
  }

  #hide(): void {
    part('work', HTMLElement).hidden = true
    part('advanced-work', HTMLElement).hidden = true
  }

  #end(sentences: readonly string[], good = true): void {
    for (const id of ['sync-result', 'advanced-result']) {
      const result = part(id, HTMLElement)
      result.classList.toggle('bad', !good)
      result.replaceChildren(...sentences.map((sentence) => make('p', {}, sentence)))
    }
  }
}

export function notTakenSentences(notTaken: readonly NotTaken[]): string[] {
  return notTaken.map(({ name, reason }) => `Not taken: ${name}: ${reason}`)
}

export function bytes(size: number): string {
  if (size < 1_000) return `${size} bytes`
  return size < 1_000_000 ? `${(size / 1_000).toFixed(1)} kB` : `${(size / 1_000_000).toFixed(1)} MB`
}
