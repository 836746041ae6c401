import type { Contestant } from './contestant.js'
import type { Entry } from './contestants.js'
import type { Machine } from './machine.js'
import { Results, type Failure } from './results.js'
import type { Row } from './rows.js'
import type { Profile } from './watch/watch.js'

const FORMAT = 1

/** Who took part, as far as a reader of the table has to know. */
export type Competitor = Pick<Contestant, 'name' | 'title' | 'notes' | 'versions' | 'reasons' | 'takes'>

/** One run of the bench as --save and --json write it. Samples: milliseconds, bytes, seconds of CPU. */
export interface BenchDocument {
  readonly format: number
  /** ISO 8601. */
  readonly at: string
  /** Seconds it took. */
  readonly seconds: number
  readonly machine: Machine
  readonly contestants: readonly Competitor[]
  readonly skipped: readonly { readonly name: string; readonly why: string }[]
  readonly failures: readonly Failure[]
  /** It was stopped before its end. */
  readonly interrupted: boolean
  /** Where the product's time went, in runs of their own. */
  readonly profiles?: readonly Profile[]
  readonly rows: readonly {
    readonly row: Row
    readonly samples: Readonly<Record<string, readonly number[]>>
  }[]
}

export interface DocumentParts {
  readonly results: Results
  readonly entries: readonly Entry[]
  readonly machine: Machine
  readonly seconds: number
  readonly interrupted: boolean
  readonly profiles: readonly Profile[]
}

export function documentOf({ results, entries, ...rest }: DocumentParts): BenchDocument {
  const contestants = entries.flatMap((entry) => ('contestant' in entry ? [entry.contestant] : []))
  return {
    format: FORMAT,
    at: new Date().toISOString(),
    ...rest,
    contestants: contestants.map(({ name, title, notes, versions, reasons = {}, takes }) => ({
      name,
      title,
      notes,
      versions,
      reasons,
      takes,
    })),
    skipped: entries.flatMap((entry) =>
      'missing' in entry ? [{ name: entry.name, why: entry.missing }] : [],
    ),
    failures: results.failures,
    rows: results.rows().map((row) => ({
      row,
      samples: Object.fromEntries(
        contestants
          .map(({ name }) => [name, results.samples(row.id, name)] as const)
          .filter(([, samples]) => samples.length > 0),
      ),
    })),
  }
}

/** @throws where the text is not what --save writes */
export function parseDocument(text: string, from: string): BenchDocument {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Error(`${from} is not JSON: ${(error as Error).message}`, { cause: error })
  }
  const document = value as Partial<BenchDocument> | null
  if (typeof document !== 'object' || document?.format !== FORMAT || !Array.isArray(document.rows))
    throw new Error(`${from} is not a table that --save of this bench wrote. Save one anew.`)
  return document as BenchDocument
}

export function resultsOf({ rows, failures }: Pick<BenchDocument, 'rows' | 'failures'>): Results {
  const results = new Results()
  for (const { row, samples } of rows) {
    for (const [contestant, values] of Object.entries(samples))
      results.add(
        contestant,
        values.map((value) => ({ row, value })),
      )
  }
  results.failures.push(...failures)
  return results
}
