import { resultsOf, type BenchDocument, type Competitor } from './document.js'
import { figure, range, ratioText } from './format.js'
import { machineText } from './machine.js'
import { FLOOR, type Results } from './results.js'
import { goalOf, MEASURE_TITLES, type Row } from './rows.js'
import { profileText } from './watch/text.js'

/** The table for a terminal: a block a measure, a line a row, a column a contestant. */
export function textReport(document: BenchDocument): string {
  const results = resultsOf(document)
  const shown = shownOf(document, results)
  const lines: string[][] = [['', 'goal', ...shown.map(({ title }) => title)]]
  let measure = ''
  for (const row of results.rows().toSorted(byMeasure)) {
    if (row.measure !== measure) {
      measure = row.measure
      lines.push([`${measure} ${MEASURE_TITLES[row.measure]}`])
    }
    const goal = goalOf(row)
    lines.push([
      `  ${row.title}`,
      goal === undefined ? '' : `≤ ${goal}×`,
      ...shown.map(({ name }) => cell(results, row, name)),
    ])
  }
  const notes = [
    `${machineText(document.machine)}. Took ${document.seconds} s.`,
    'Medians; × is the ratio to the floor of this run (M10: to the least history); [lowest–highest; runs].',
    ...document.skipped.map(({ name, why }) => `Skipped: ${name}: ${why}`),
    ...document.failures.map(
      ({ contestant, trial, message }) =>
        `Failed, and not counted: ${contestant}, ${trial}: ${message.split('\n', 1)[0]}`,
    ),
    ...(document.interrupted ? ['It was stopped before its end.'] : []),
  ]
  return `${aligned(lines)}\n${notes.join('\n')}\n${profileText(document.profiles ?? [])}`
}

/** Those who have a figure. */
export function shownOf({ contestants }: BenchDocument, results: Results): readonly Competitor[] {
  return contestants.filter(({ name }) =>
    results.rows().some(({ id }) => results.samples(id, name).length > 0),
  )
}

export function byMeasure(a: Row, b: Row): number {
  return Number(a.measure.slice(1)) - Number(b.measure.slice(1))
}

/** The ratio that is shown: the floor has none to itself, and growth none with the least history. */
export function shownRatio(results: Results, row: Row, contestant: string): number | undefined {
  const toItself = row.self === undefined && (contestant === FLOOR || row.measure === 'M10')
  return toItself ? undefined : results.ratio(row, contestant)
}

function cell(results: Results, row: Row, contestant: string): string {
  const summary = results.summary(row.id, contestant)
  if (!summary) return '—'
  const { median, min, max, runs } = summary
  const ratio = shownRatio(results, row, contestant)
  const spread = runs > 1 ? ` [${range(min, max, median, row.unit)}; ${runs}]` : ' [1]'
  return `${figure(median, row.unit)}${ratio === undefined ? '' : ` ${ratioText(ratio)}`}${spread}`
}

/** A line with one cell is a heading, and takes no part in the widths. */
function aligned(lines: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const line of lines) {
    if (line.length === 1) continue
    line.forEach((text, column) => {
      widths[column] = Math.max(widths[column] ?? 0, text.length)
    })
  }
  return lines
    .map((line) =>
      line
        .map((text, column) => (line.length === 1 ? text : text.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}
