import type { Status, WorkProgress } from './shapes.js'

export interface Listeners {
  readonly status: (status: Status) => void
  readonly sealed: () => void
  readonly progress: (progress: WorkProgress) => void
  /** The agent went away, or says no more to whoever uses the page; the next `status` tells that it is back. */
  readonly lost: () => void
}

/** Where the browser gives up by itself, it is asked again after this. Milliseconds. */
const AGAIN_MS = 2_000

/** Listens to the agent until the function it returns is called. */
export function listen(listeners: Listeners): () => void {
  let source: EventSource
  let again: number | undefined
  const open = (): void => {
    source = sourceFor(listeners, () => {
      again = setTimeout(open, AGAIN_MS)
    })
  }
  open()
  return () => {
    clearTimeout(again)
    source.close()
  }
}

function sourceFor(listeners: Listeners, closed: () => void): EventSource {
  const source = new EventSource('/v1/events')
  const on = <T>(name: string, listener: (data: T) => void): void =>
    source.addEventListener(name, (event: MessageEvent<string>) => listener(JSON.parse(event.data) as T))
  on<Status>('status', listeners.status)
  on<unknown>('sealed', listeners.sealed)
  on<WorkProgress>('progress', listeners.progress)
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) closed()
    listeners.lost()
  })
  return source
}
