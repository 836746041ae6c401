import { signal } from '@preact/signals'
import type { FleetChange, Incident } from '../../../docs/generated/types.js'
import { applyChange, readFleet } from './fleet.js'
import { applyIncident, readIncidents } from './incidents.js'

/** Whether changes are heard. */
export const isLive = signal(false)
/** Counted up with each event of a kind, for views that read more when something has changed. */
export const heard = { fleet: signal(0), incident: signal(0), health: signal(0) }

/** A stream that was refused is asked for again after so long. */
const TRY_AGAIN_MS = 10_000

/** What is done about what goes wrong. */
export interface Troubles {
  /** Looks whether somebody is still signed in. */
  readonly check: () => Promise<void>
  readonly refused: (error: unknown) => void
}

let source: EventSource | undefined

/** Reads what there is each time the stream opens, so that nothing is missed that happened while it was closed. */
export function listen(inspects: boolean, troubles: Troubles): void {
  stopListening()
  const stream = new EventSource('/v1/admin/events')
  source = stream
  stream.addEventListener('open', () => {
    isLive.value = true
    void Promise.all([readFleet(), ...(inspects ? [readIncidents()] : [])]).catch(troubles.refused)
    for (const count of Object.values(heard)) count.value += 1
  })
  stream.addEventListener('error', () => {
    if (source !== stream) return
    isLive.value = false
    // The browser tries again by itself, unless it was refused: because nobody is signed in any more, or for a while.
    if (stream.readyState !== EventSource.CLOSED) return
    void troubles.check()
    setTimeout(() => {
      if (source === stream) listen(inspects, troubles)
    }, TRY_AGAIN_MS)
  })
  stream.addEventListener('fleet', ({ data }: MessageEvent<string>) => {
    applyChange(JSON.parse(data) as FleetChange)
    heard.fleet.value += 1
  })
  stream.addEventListener('incident', ({ data }: MessageEvent<string>) => {
    applyIncident(JSON.parse(data) as Incident)
    heard.incident.value += 1
  })
  stream.addEventListener('health', () => (heard.health.value += 1))
}

export function stopListening(): void {
  source?.close()
  source = undefined
  isLive.value = false
}
