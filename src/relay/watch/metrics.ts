import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { FLEET_ALARMS } from '../../docs/fleet-alarms.js'
import type { FleetRow } from '../../docs/generated/types.js'
import { VERSION } from '../../protocol/version.js'
import type { Relay } from '../relay.js'
import type { EventStreams } from './event-streams.js'
import { fleetRows } from './fleet-rows.js'
import type { Tallies } from './tallies.js'

const STANDINGS: readonly FleetRow['standing'][] = ['active', 'revoked', 'intake']
/** From an answer out of memory to a bundle that is merged before it is answered. Seconds. */
const DURATIONS = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60]

type Collected = Counter | Gauge

/**
 * Figures for Prometheus. They are read from what the relay is when they are asked for; only the times of requests are
 * kept here. No label holds a name that somebody else chose.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #durations: Histogram<'route' | 'status'>

  constructor(relay: Relay, counted: { readonly tallies: Tallies; readonly streams: EventStreams }) {
    this.#durations = new Histogram({
      name: 'counterfoil_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer, by route of the access table and class of status.',
      labelNames: ['route', 'status'],
      buckets: DURATIONS,
      registers: [this.#registry],
    })
    this.#build()
    this.#process(relay)
    this.#fleet(relay)
    this.#work(relay, counted)
    this.#storage(relay)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** One request that was answered. */
  answered(route: string, status: number, seconds: number): void {
    this.#durations.observe({ route, status: `${Math.floor(status / 100)}xx` }, seconds)
  }

  #gauge(name: string, help: string, read: () => number | undefined): void {
    const gauge = new Gauge({
      name,
      help,
      registers: [],
      collect() {
        const value = read()
        if (value === undefined) this.remove()
        else this.set(value)
      },
    })
    this.#registry.registerMetric(gauge)
  }

  #counter(name: string, help: string, read: () => number): void {
    const counter = new Counter({
      name,
      help,
      registers: [],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
    this.#registry.registerMetric(counter)
  }

  #labelled(
    Kind: typeof Counter | typeof Gauge,
    name: string,
    help: string,
    label: string,
    read: () => Iterable<readonly [string, number]>,
  ): void {
    const metric = new Kind({
      name,
      help,
      labelNames: [label],
      registers: [],
      collect(this: Collected) {
        this.reset()
        for (const [value, count] of read()) this.inc({ [label]: value }, count)
      },
    })
    this.#registry.registerMetric(metric)
  }

  #build(): void {
    this.#labelled(
      Gauge,
      'counterfoil_build_info',
      'Always 1; the label is the version of the relay.',
      'version',
      () => [[VERSION, 1]],
    )
  }

  #process(relay: Relay): void {
    this.#gauge('process_resident_memory_bytes', 'Resident memory of the relay’s process in bytes.', () =>
      process.memoryUsage.rss(),
    )
    this.#counter(
      'process_cpu_seconds_total',
      'User and system CPU time the relay’s process has used, in seconds.',
      () => {
        const { user, system } = process.cpuUsage()
        return (user + system) / 1e6
      },
    )
    this.#gauge('process_start_time_seconds', 'When the relay’s process began, in seconds since 1970.', () =>
      Math.round(Date.now() / 1_000 - process.uptime()),
    )
    this.#gauge(
      'counterfoil_event_loop_lag_seconds',
      'By how much the event loop was late since the last sample of a minute; 99 of 100 times less than this.',
      () => relay.watch.health.lagSeconds,
    )
  }

  #fleet(relay: Relay): void {
    this.#labelled(
      Gauge,
      'counterfoil_terminals',
      'Terminals that were paired with this relay, by how they stand.',
      'standing',
      () =>
        counts(
          STANDINGS,
          fleetRows(relay, undefined).map(({ standing }) => standing),
        ),
    )
    this.#gauge(
      'counterfoil_terminals_connected',
      'Terminals that have a socket open.',
      () => relay.connections,
    )
    this.#labelled(
      Gauge,
      'counterfoil_terminals_alarmed',
      'Terminals for which an alarm stands, by alarm; one terminal may have several.',
      'alarm',
      () =>
        counts(
          FLEET_ALARMS,
          fleetRows(relay, undefined).flatMap(({ alarms }) => alarms),
        ),
    )
    this.#gauge(
      'counterfoil_unreceipted_sales',
      'Invoices and credit notes without a custody receipt, as the terminals reported last.',
      () =>
        fleetRows(relay, undefined).reduce((sum, { last }) => {
          const { invoices = 0, creditNotes = 0 } = last?.report.unreceipted ?? {}
          return sum + invoices + creditNotes
        }, 0),
    )
    this.#gauge(
      'counterfoil_unreceipted_oldest_timestamp_seconds',
      'When the oldest sale without a custody receipt was sealed, as the terminals reported last; absent where there is none.',
      () => {
        const times = fleetRows(relay, undefined)
          .map(({ last }) => Date.parse(last?.report.unreceipted.oldest ?? ''))
          .filter((time) => Number.isFinite(time))
        return times.length === 0 ? undefined : Math.min(...times) / 1_000
      },
    )
  }

  #work(
    relay: Relay,
    { tallies, streams }: { readonly tallies: Tallies; readonly streams: EventStreams },
  ): void {
    this.#counter(
      'counterfoil_records_total',
      'Sealed records that came in since the relay began.',
      () => tallies.records,
    )
    this.#counter(
      'counterfoil_receipts_total',
      'Custody receipts that were given since the relay began.',
      () => tallies.receipts,
    )
    this.#counter(
      'counterfoil_reports_total',
      'Reports that terminals sent of themselves since the relay began.',
      () => tallies.reports,
    )
    this.#labelled(
      Counter,
      'counterfoil_incidents_total',
      'What was refused or found since the relay began, by kind; what came again is counted each time.',
      'kind',
      () => tallies.incidents,
    )
    this.#gauge(
      'counterfoil_uncounted_records',
      'Records that are receipted and wait to be counted into stock and sales.',
      () => relay.backlog.records,
    )
    this.#gauge(
      'counterfoil_unverified_books',
      'Day books whose signatures wait to be verified one by one.',
      () => relay.signatures.waiting,
    )
    this.#gauge(
      'counterfoil_inspections_waiting',
      'Messages that wait to be looked into before they are merged.',
      () => relay.gate.waiting,
    )
    this.#gauge(
      'counterfoil_event_streams',
      'Pages of people that are open and told of changes.',
      () => streams.count,
    )
  }

  #storage(relay: Relay): void {
    this.#gauge('counterfoil_documents', 'Documents the relay has a name for.', () => relay.registry.size)
    this.#gauge(
      'counterfoil_storage_used_bytes',
      'Bytes of the files in the relay’s directory, counted every ten minutes or less often.',
      () => relay.watch.health.storage.used,
    )
    this.#gauge(
      'counterfoil_storage_free_bytes',
      'Bytes that are free on the disk of the relay’s directory.',
      () => relay.watch.health.storage.free,
    )
    this.#gauge(
      'counterfoil_damaged_chunks',
      'Damaged files in quarantine that nobody has settled.',
      () => relay.durable.storage.damage().length,
    )
  }
}

/** How often each of the names stands in a list; those that do not, none. */
function counts(names: readonly string[], found: readonly string[]): Map<string, number> {
  const counted = new Map(names.map((name) => [name, 0]))
  for (const name of found) counted.set(name, (counted.get(name) ?? 0) + 1)
  return counted
}
