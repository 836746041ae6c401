import type { Competitor } from './document.js'
import { ratioText } from './format.js'
import { FLOOR, type Results } from './results.js'
import { goalOf, MEASURE_TITLES, MEASURES, type MeasureId } from './rows.js'
import { barPlot, linePlot } from './svg.js'

export interface Plot {
  readonly measure: MeasureId
  /** File name in docs/performance/. */
  readonly file: string
  readonly alt: string
  readonly svg: string
}

/** The plots there is something for: ratios for each measure, lines where something grows. */
export function plotsOf(results: Results, shown: readonly Competitor[]): Plot[] {
  return [
    ...MEASURES.filter((measure) => measure !== 'M10').flatMap((measure) => ratios(measure, results, shown)),
    ...syncLines(results, shown),
    ...growthLines(results, shown),
  ]
}

function ratios(measure: MeasureId, results: Results, shown: readonly Competitor[]): Plot[] {
  const others = shown.filter(({ name }) => name !== FLOOR)
  const groups = results
    .rows()
    .filter((row) => row.measure === measure && row.info !== true)
    .map((row) => {
      const goal = goalOf(row)
      const bars = others.flatMap(({ name }) => {
        const value = results.ratio(row, name)
        const place = shown.findIndex((one) => one.name === name)
        return value === undefined || value <= 0 ? [] : [{ place, value, label: ratioText(value) }]
      })
      return { title: row.title, bars, ...(goal === undefined ? {} : { goal }) }
    })
    .filter(({ bars }) => bars.length > 0)
  if (groups.length === 0) return []
  const title = `${measure}, ratio to the floor: ${MEASURE_TITLES[measure]}`
  const series = shown
    .map(({ title: name }, place) => ({ name, place }))
    .filter(({ place }) => groups.some(({ bars }) => bars.some((bar) => bar.place === place)))
  return [
    {
      measure,
      file: `${measure}.svg`,
      alt: `${title}. The figures stand in the table above.`,
      svg: barPlot({ title, series, groups }),
    },
  ]
}

/** M2 over the number of invoices. */
function syncLines(results: Results, shown: readonly Competitor[]): Plot[] {
  const rows = results.rows().filter(({ id }) => /^M2\.\d+$/.test(id))
  if (rows.length < 2) return []
  const series = shown.flatMap(({ name, title }, place) => {
    const points = rows.flatMap(({ id }) => {
      const summary = results.summary(id, name)
      return summary ? [[Number(id.slice(3)), summary.median] as const] : []
    })
    return points.length === 0 ? [] : [{ name: title, place, points }]
  })
  const title = 'M2, time of a sync over the number of invoices'
  return [
    {
      measure: 'M2',
      file: 'M2-lines.svg',
      alt: `${title}. The figures stand in the table above.`,
      svg: linePlot({ title, xTitle: 'invoices', series, yText: timeText }),
    },
  ]
}

/** M10: what the product does, over its history. */
function growthLines(results: Results, shown: readonly Competitor[]): Plot[] {
  const plots: Plot[] = []
  for (const [kind, name] of [
    ['seal', 'M1'],
    ['sync', 'M2'],
    ['cold', 'M7'],
  ] as const) {
    const rows = results.rows().filter(({ id }) => id.startsWith(`M10.${kind}.`))
    if (rows.length < 2) continue
    const series = shown.flatMap(({ name, title }, place) => {
      const points = rows.flatMap(({ id }) => {
        const summary = results.summary(id, name)
        return summary ? [[Number(id.split('.')[2]), summary.median] as const] : []
      })
      return points.length === 0 ? [] : [{ name: title, place, points }]
    })
    const title = `M10, ${name} over the invoices that were there before`
    plots.push({
      measure: 'M10',
      file: `M10-${kind}.svg`,
      alt: `${title}. The figures stand in the table above.`,
      svg: linePlot({ title, xTitle: 'invoices of history', series, yText: timeText }),
    })
  }
  return plots
}

function timeText(ms: number): string {
  return ms >= 1_000 ? `${ms / 1_000} s` : `${ms} ms`
}
