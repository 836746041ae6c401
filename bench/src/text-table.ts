import type { Contestant } from './contestant.js'
import { figure, ratioText } from './format.js'
import { FLOOR, type Results } from './results.js'
import { goalOf, MEASURE_TITLES, type Row } from './rows.js'

/** The table for a terminal: a block a measure, a line a row, a column a contestant. */
export function textTable(results: Results, contestants: readonly Contestant[]): string {
  const shown = contestants.filter(({ name }) =>
    results.rows().some(({ id }) => results.samples(id, name).length > 0),
  )
  const head = ['', 'goal', ...shown.map(({ title }) => title)]
  const lines: string[][] = []
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
  return aligned([head, ...lines])
}

export function byMeasure(a: Row, b: Row): number {
  return Number(a.measure.slice(1)) - Number(b.measure.slice(1))
}

function cell(results: Results, row: Row, contestant: string): string {
  const summary = results.summary(row.id, contestant)
  if (!summary) return '—'
  const { median, min, max, runs } = summary
  const ratio = contestant === FLOOR && row.self === undefined ? undefined : results.ratio(row, contestant)
  const spread = runs > 1 ? ` [${figure(min, row.unit)}–${figure(max, row.unit)}; ${runs}]` : ' [1]'
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
