import { join } from 'node:path'
import type { Incident, TerminalReport } from '../../docs/generated/types.js'
import { StorageUse } from '../../storage/usage.js'
import type { Relay } from '../relay.js'
import type { RelayParts } from '../relay-parts.js'
import { EventStreams } from './event-streams.js'
import { Exceptions } from './exceptions.js'
import { Health } from './health.js'
import { Metrics } from './metrics.js'
import { Reports } from './reports.js'
import type { Tallies } from './tallies.js'

/** What those who watch over a relay are shown: its fleet, its exceptions, its health. Nothing else depends on it. */
export class Watch {
  readonly reports: Reports
  readonly tallies: Tallies
  readonly exceptions: Exceptions
  readonly health: Health
  readonly streams: EventStreams
  readonly metrics: Metrics

  constructor(relay: Relay, { reports, tallies, options }: RelayParts) {
    this.reports = reports
    this.tallies = tallies
    this.exceptions = new Exceptions(relay)
    this.streams = new EventStreams(relay)
    this.health = new Health({
      gauges: () => ({
        documents: relay.registry.size,
        uncounted: relay.backlog.records,
        unverified: relay.signatures.waiting,
        inspecting: relay.gate.waiting,
        connections: relay.connections,
      }),
      tallies,
      storage: new StorageUse(options.disk, options.directory),
      now: options.now,
    })
    this.metrics = new Metrics(relay, this)
  }

  /** @throws StorageReadError */
  static openReports({ directory, disk, now, log }: RelayParts['options']): Promise<Reports> {
    return Reports.open({ path: join(directory, 'reports.json'), disk, now, log })
  }

  begin(): void {
    this.health.begin(() => this.streams.events.emit('health'))
  }

  /** Something came from a terminal that proved who it is. */
  heard(terminal: string): void {
    this.reports.heard(terminal)
  }

  /** Pages are to be shown a terminal anew. */
  changed(terminal: string): void {
    this.streams.events.emit('terminal', terminal)
  }

  /** Something was refused or found, or accepted. */
  incident(incident: Incident): void {
    this.streams.events.emit('incident', incident)
    if (incident.terminal !== undefined) this.changed(incident.terminal)
  }

  /** Takes in what a terminal says of itself. */
  report(terminal: string, report: TerminalReport): void {
    this.tallies.reports += 1
    this.reports.take(terminal, report)
    this.changed(terminal)
  }

  async close(): Promise<void> {
    this.streams.end()
    this.health.close()
    await this.reports.close()
  }
}
