import type { IncidentKind } from '../../docs/generated/types.js'

/** What this process did since it began, counted up. */
export class Tallies {
  /** Sealed records that came in, by whatever way. */
  records = 0
  receipts = 0
  reports = 0
  requests = 0
  /** Notes of each kind, those that came again included. */
  readonly incidents = new Map<IncidentKind, number>()

  incident(kind: IncidentKind): void {
    this.incidents.set(kind, (this.incidents.get(kind) ?? 0) + 1)
  }
}
