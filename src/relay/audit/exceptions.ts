import type {
  AuditedRecord,
  AuditException,
  AuditExceptions,
  AuditSeries,
} from '../../docs/generated/types.js'
import { groupBy } from '../../docs/group.js'
import { parseNumber, seriesPrefix } from '../../docs/series.js'
import type { Arrival, Arrivals } from '../arrivals.js'
import type { SealedBooks } from '../sealed-books.js'
import type { BookFacts } from './book-facts.js'

/** Listed at once: whoever has more looks at one shop, or at fewer days. */
const LISTED = 1_000
/** A disconnected till syncs once a day; what comes later than that is asked about. Milliseconds. */
const LATE_MS = 36 * 3_600_000

/**
 * Whether every chain and every series is here without a gap, and what of the records needs an auditor's eye.
 * @param shop of one shop; undefined for all
 */
export async function auditExceptions(
  books: SealedBooks,
  facts: BookFacts,
  arrivals: Pick<Arrivals, 'of'>,
  shop: string | undefined,
  now: Date,
): Promise<AuditExceptions> {
  const exceptions: AuditException[] = []
  const series: AuditSeries[] = []
  let count = 0
  const list = books.list(({ shop: owner }) => shop === undefined || owner === shop)
  const chains = groupBy(list, ([, { terminal, epoch }]) => `${terminal} ${epoch}`)
  for (const chain of chains.values()) {
    const records: AuditedRecord[] = []
    for (const [id, name] of chain) {
      const own = (await facts.of(id, name)).map(({ shown }) => shown)
      records.push(...own)
      exceptions.push(...(await lateIn(own, arrivals.of(id))))
    }
    records.sort((a, b) => a.position - b.position)
    count += records.length
    exceptions.push(...missingRecords(records), ...records.flatMap(exceptionsOf), ...unreceipted(records))
    const sales = records.filter(({ number }) => number !== undefined)
    for (const [prefix, run] of groupBy(sales, ({ number = '' }) => prefixOf(number))) {
      const missing = missingNumbers(run)
      exceptions.push(...missing)
      series.push(...seriesOf(prefix, run, missing.length === 0))
    }
  }
  return {
    at: now.toISOString(),
    records: count,
    series,
    exceptions: exceptions.slice(0, LISTED),
    more: Math.max(0, exceptions.length - LISTED),
  }
}

const chainOf = ({ shop, code, epoch }: AuditedRecord) => ({ shop, code, epoch })
const placeOf = (record: AuditedRecord) => {
  const { document, position, at, by } = record
  return { ...chainOf(record), document, position, at, by }
}

function missingRecords(records: readonly AuditedRecord[]): AuditException[] {
  const found: AuditException[] = []
  let last = 0
  for (const record of records) {
    if (record.position > last + 1) {
      const [from, to] = [last + 1, record.position - 1]
      const range = { from: String(from), to: String(to), count: to - from + 1 }
      found.push({ kind: 'missing-record', ...chainOf(record), ...range })
    }
    last = record.position
  }
  return found
}

const sequenceOf = (number = ''): number => parseNumber(number)?.sequence ?? 0

function prefixOf(number: string): string {
  const parsed = parseNumber(number)
  return parsed ? seriesPrefix(parsed) : number
}

function missingNumbers(run: readonly AuditedRecord[]): AuditException[] {
  const found: AuditException[] = []
  let last = 0
  for (const record of run) {
    const sequence = sequenceOf(record.number)
    if (sequence > last + 1) {
      const prefix = prefixOf(record.number ?? '')
      const digits = (record.number ?? '').length - prefix.length
      const spell = (number: number): string => `${prefix}${String(number).padStart(digits, '0')}`
      const range = { from: spell(last + 1), to: spell(sequence - 1), count: sequence - last - 1 }
      found.push({ kind: 'missing-number', ...chainOf(record), ...range })
    }
    last = Math.max(last, sequence)
  }
  return found
}

function seriesOf(prefix: string, run: readonly AuditedRecord[], isWhole: boolean): AuditSeries[] {
  const [first, last] = [run[0]?.number, run.at(-1)?.number]
  const { shop = '' } = run[0] ?? {}
  if (first === undefined || last === undefined) return []
  const complete = isWhole && new Set(run.map(({ number }) => number)).size === run.length
  return [{ shop, series: prefix, first, last, count: run.length, complete }]
}

/** Events an auditor asks about, by what they are an exception of. */
const EVENTS: ReadonlyMap<string, AuditException['kind']> = new Map([
  ['clock-change', 'clock'],
  ['override', 'override'],
  ['void-line', 'void'],
  ['void-bill', 'void'],
  ['training-start', 'training'],
  ['training-sale', 'training'],
])

/** What is done with a bill of training mode is no doing with a sale. */
function kindOf(event: string, detail: AuditedRecord['detail']): AuditException['kind'] | undefined {
  return detail?.['training'] === true ? 'training' : EVENTS.get(event)
}

function exceptionsOf(record: AuditedRecord): AuditException[] {
  const found: AuditException[] = []
  const { event, detail, number, overrides, fork } = record
  const kind = event === undefined ? undefined : kindOf(event, detail)
  if (kind && event)
    found.push({ kind, ...placeOf(record), event, ...(detail === undefined ? {} : { detail }) })
  if (overrides !== undefined && number !== undefined)
    found.push({ kind: 'override', ...placeOf(record), number, count: overrides })
  if (fork) found.push({ kind: 'fork', ...placeOf(record), ...(number === undefined ? {} : { number }) })
  return found
}

/** Whether the first or the last record of a day book came long after the time it claims. */
async function lateIn(
  records: readonly AuditedRecord[],
  arrivals: AsyncIterable<Arrival>,
): Promise<AuditException[]> {
  const came: string[] = []
  for await (const arrival of arrivals) if ('from' in arrival) came.push(arrival.at)
  const found: AuditException[] = []
  for (const [record, at] of [
    [records[0], came[0]],
    [records.at(-1), came.at(-1)],
  ] as const) {
    if (!record || at === undefined || Date.parse(at) - Date.parse(record.at) < LATE_MS) continue
    if (found.some(({ position }) => position === record.position)) continue
    found.push({ kind: 'late', ...placeOf(record), detail: { claimed: record.at, came: at } })
  }
  return found
}

/** Of each chain the first that no receipt covers, with how many they are. */
function unreceipted(records: readonly AuditedRecord[]): AuditException[] {
  const open = records.filter(({ custody }) => custody === 'none')
  const [first] = open
  return first ? [{ kind: 'unreceipted', ...placeOf(first), count: open.length }] : []
}
