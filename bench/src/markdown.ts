import { resultsOf, type BenchDocument, type Competitor } from './document.js'
import { figure, range, ratioText } from './format.js'
import { machineText } from './machine.js'
import type { Plot } from './plots.js'
import { PRODUCT, type Results } from './results.js'
import { goalOf, MEASURE_TITLES, MEASURES, type MeasureId, type Row } from './rows.js'
import { byMeasure, shownOf, shownRatio } from './text-table.js'
import { profileMarkdown } from './watch/text.js'

/** The part of docs/PERFORMANCE.md that is written by the bench. */
export function markdownOf(document: BenchDocument, plots: readonly Plot[]): string {
  const results = resultsOf(document)
  const shown = shownOf(document, results)
  const measured = MEASURES.filter((id) => results.rows().some(({ measure }) => measure === id))
  return [
    ...head(document, shown),
    ...goals(results),
    ...measured.flatMap((id) => measureSection(id, results, shown, plots)),
    ...profileMarkdown(document.profiles ?? []),
    ...notes(document, shown),
  ].join('\n')
}

function head(document: BenchDocument, shown: readonly Competitor[]): string[] {
  const { machine, at, seconds } = document
  return [
    `Measured on ${at.slice(0, 10)}, in ${Math.round(seconds / 60)} minutes, at commit ${machine.commit}: ${machineText(machine)}.`,
    '',
    'A cell is the median, the ratio to the floor of the same run, and in brackets the middle half of the runs, the whole',
    'spread, and how many runs there were. A figure only stands here if everything was read back from the server after it',
    'was killed and started again, with the content it was made with.',
    '',
    '| | what it is made of |',
    '| --- | --- |',
    ...shown.map(
      ({ title, versions }) =>
        `| ${title} | ${Object.entries(versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', ')} |`,
    ),
    '',
  ]
}

/** What was aimed at, and how far it is. */
function goals(results: Results): string[] {
  const rows = results
    .rows()
    .filter((row) => goalOf(row) !== undefined)
    .sort(byMeasure)
  if (rows.length === 0) return []
  const lines = rows.map((row) => {
    const goal = goalOf(row) ?? 0
    const ratio = results.ratio(row, PRODUCT)
    const verdict =
      ratio === undefined
        ? 'not measured'
        : ratio <= goal
          ? 'met'
          : `missed, ${(ratio / goal).toFixed(1)} times the goal`
    return `| ${row.measure} ${row.title} | ≤ ${goal}× | ${ratio === undefined ? '—' : ratioText(ratio)} | ${verdict} |`
  })
  return ['### Goals', '', '| measure | goal | Counterfoil | |', '| --- | --- | --- | --- |', ...lines, '']
}

function measureSection(
  id: MeasureId,
  results: Results,
  shown: readonly Competitor[],
  plots: readonly Plot[],
): string[] {
  const rows = results.rows().filter(({ measure }) => measure === id)
  const columns = shown.filter(({ name }) => rows.some((row) => results.samples(row.id, name).length > 0))
  return [
    `### ${id}: ${MEASURE_TITLES[id]}`,
    '',
    `| | ${columns.map(({ title }) => title).join(' | ')} |`,
    `| --- |${' --- |'.repeat(columns.length)}`,
    ...rows.map(
      (row) => `| ${row.title} | ${columns.map(({ name }) => cell(results, row, name)).join(' | ')} |`,
    ),
    '',
    ...plots
      .filter(({ measure }) => measure === id)
      .flatMap(({ file, alt }) => [`![${alt}](performance/${file})`, '']),
  ]
}

function cell(results: Results, row: Row, contestant: string): string {
  const summary = results.summary(row.id, contestant)
  if (!summary) return '—'
  const { median, min, max, quartiles, runs } = summary
  const ratio = shownRatio(results, row, contestant)
  const bold = `**${figure(median, row.unit)}**${ratio === undefined ? '' : ` ${ratioText(ratio)}`}`
  if (runs === 1 || min === max) return `${bold}<br>[${runs}]`
  const [low, high] = quartiles
  return `${bold}<br>[${range(low, high, median, row.unit)}; ${range(min, max, median, row.unit)}; ${runs}]`
}

function notes({ skipped, failures }: BenchDocument, shown: readonly Competitor[]): string[] {
  const lines = shown.flatMap(({ title, notes: own, reasons = {} }) => [
    ...own.map((note) => `- ${title}: ${note}`),
    ...Object.entries(reasons).map(
      ([task, reason]) => `- ${title}, ${TASKS[task as keyof typeof TASKS]}: ${reason}`,
    ),
  ])
  return [
    '### What is weaker or different',
    '',
    ...lines,
    ...skipped.map(({ name, why }) => `- ${name} was skipped: ${why}`),
    ...failures.map(
      ({ contestant, trial, message }) =>
        `- ${contestant} failed at ${trial}, and that is not counted: ${message.split('\n', 1)[0]}`,
    ),
    '',
  ]
}

const TASKS = {
  seal: 'M1',
  sync: 'M2 to M5',
  sales: 'M2 of the real sales file',
  storm: 'M6',
  cold: 'M7',
  catalogue: 'M8',
  force: 'M9',
  growth: 'M10',
} as const
