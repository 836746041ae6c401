import type { Status, WorkProgress } from './shapes.js'

export interface Listeners {
  readonly status: (status: Status) => void
  readonly sealed: () => void
  readonly progress: (progress: WorkProgress) => void
  /** The agent went away; the next `status` tells that it is back. */
  readonly gone: () => void
}

/** Where the browser gives up by itself, it is asked again after this. Milliseconds. */
const AGAIN_MS = 2_000

/** Listens to the agent for as long as the page is open. */
export function listen(listeners: Listeners): void {
  const source = new EventSource('/v1/events')
  const on = <T>(name: string, listener: (data: T) => void): void =>
    source.addEventListener(name, (event: MessageEvent<string>) => listener(JSON.parse(event.data) as T))
  on<Status>('status', listeners.status)
  on<unknown>('sealed', listeners.sealed)
  on<WorkProgress>('progress', listeners.progress)
  source.addEventListener('error', () => {
    listeners.gone()
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(listeners), AGAIN_MS)
  })
}
