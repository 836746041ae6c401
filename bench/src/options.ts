import { parseArgs } from 'node:util'
import { MEASURES, type MeasureId } from './rows.js'

export interface Options {
  readonly only: readonly MeasureId[] | undefined
  readonly contestants: readonly string[] | undefined
  readonly n: number | undefined
  readonly runs: number
  /** After which no run is repeated. */
  readonly minutes: number
  readonly seed: number
  readonly quick: boolean
  readonly json: boolean
  readonly scratch: string | undefined
  readonly save: string | undefined
  readonly compare: string | undefined
  /** A saved table that is reported in place of a run. */
  readonly from: string | undefined
  /** Whether docs/ is written; undefined: where the whole table was measured. */
  readonly docs: boolean | undefined
  /** Whether the product is watched as well; undefined: where the whole table was measured. */
  readonly profile: boolean | undefined
  readonly help: boolean
}

export const HELP = `Usage: npm run bench -- [options]

Without options the whole table is measured, which takes half an hour on two cores, and docs/PERFORMANCE.md is written.

  --only M2,M3          measure these only (M1 to M10)
  --contestants a,b     with these only: floor, counterfoil … (ratios need the floor)
  --n N                 in place of the sizes: invoices (M1 to M5, M7, M9, M10), terminals (M6), items (M8)
  --runs N              runs of each (default 5)
  --minutes N           after these no run is repeated (default 25), so that what takes long has fewer; the table says so
  --quick               smallest sizes, once: that all run, and every invoice is read back
  --save FILE           write what was measured as JSON
  --compare FILE        compare with a saved table of this machine; ends with 1 where a figure of Counterfoil is worse
  --from FILE           report a saved table, measure nothing
  --docs, --no-docs     write docs/PERFORMANCE.md and its plots, or not (default: where the whole table was measured)
  --profile             then run Counterfoil once more, and tell where its time went, its fsyncs and bytes (--no-profile: not)
  --json                print one JSON document in place of the table
  --seed N              of the generated invoices (default 7)
  --scratch DIR         where the data lies meanwhile (default: the temporary folder)

Progress goes to stderr. It ends with 0 where all was measured and read back, else with 1; on Ctrl+C it prints what it has.
`

/** @throws where an option is unknown or does not make sense */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      only: { type: 'string', multiple: true },
      contestants: { type: 'string', multiple: true },
      n: { type: 'string' },
      runs: { type: 'string' },
      minutes: { type: 'string' },
      seed: { type: 'string' },
      quick: { type: 'boolean' },
      json: { type: 'boolean' },
      scratch: { type: 'string' },
      save: { type: 'string' },
      compare: { type: 'string' },
      from: { type: 'string' },
      docs: { type: 'boolean' },
      profile: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  const { scratch, save, compare, from, docs, profile, quick = false, json = false, help = false } = values
  return {
    only: listOf(values.only)?.map(measure),
    contestants: listOf(values.contestants),
    n: values.n === undefined ? undefined : whole('n', values.n),
    runs: values.runs === undefined ? (quick ? 1 : 5) : whole('runs', values.runs),
    minutes: values.minutes === undefined ? 25 : whole('minutes', values.minutes),
    seed: values.seed === undefined ? 7 : whole('seed', values.seed),
    quick,
    json,
    scratch,
    save,
    compare,
    from,
    docs,
    profile,
    help,
  }
}

function listOf(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((value) => value.split(','))
}

function measure(text: string): MeasureId {
  const found = MEASURES.find((id) => id === text.toUpperCase())
  if (!found) throw new Error(`There is no measure ${text}. There are ${MEASURES.join(', ')}.`)
  return found
}

function whole(name: string, text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number) || number < 1)
    throw new Error(`--${name} is a whole number above 0, not ${text}.`)
  return number
}
