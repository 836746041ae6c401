import { signal } from '@preact/signals'
import type { Incident, IncidentList } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'

/** Newest first; undefined while they were not read. */
export const incidents = signal<readonly Incident[] | undefined>(undefined)

export async function readIncidents(): Promise<void> {
  const answer = await ask<IncidentList>('GET', '/v1/admin/incidents')
  incidents.value = answer.incidents
}

export function applyIncident(incident: Incident): void {
  if (!incidents.value) return
  const others = incidents.value.filter(({ serial }) => serial !== incident.serial)
  incidents.value = [incident, ...others].sort((a, b) => b.serial - a.serial)
}

export function forgetIncidents(): void {
  incidents.value = undefined
}
