/** Plots without a library: text and shapes on a light ground, readable on dark pages too. Lengths in pixels. */

/** Okabe and Ito's colours, which people who see colours differently can tell apart. */
const COLOURS = [
  '#6b6b6b',
  '#b0b0b0',
  '#d55e00',
  '#0072b2',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
] as const

function colourOf(place: number): string {
  return COLOURS[place % COLOURS.length] ?? COLOURS[0]
}

/** Whose figures they are: its colour goes with its place, in all plots. */
export interface Series {
  readonly name: string
  readonly place: number
}

export interface BarGroup {
  readonly title: string
  readonly bars: readonly { readonly place: number; readonly value: number; readonly label: string }[]
  /** What is aimed at: a dashed line through the group. */
  readonly goal?: number
}

export interface BarPlot {
  readonly title: string
  readonly series: readonly Series[]
  readonly groups: readonly BarGroup[]
}

const WIDTH = 860
const MARGIN = 14
const LABELS = 290
const RIGHT = 80
const BAR = 14
const GAP = 4
const GROUP_GAP = 16

/** Bars of ratios on a logarithmic scale, from a line at 1. */
export function barPlot({ title, series, groups }: BarPlot): string {
  const values = groups.flatMap(({ bars, goal }) => [
    ...bars.map(({ value }) => value),
    ...(goal === undefined ? [] : [goal]),
  ])
  const ticks = ticksOver(Math.min(1, ...values), Math.max(1, ...values))
  const x = scale(ticks, LABELS, WIDTH - RIGHT)
  const legend = legendOf(
    series,
    groups.some(({ goal }) => goal !== undefined),
  )
  const top = legend.bottom + 20
  const parts: string[] = []
  let y = top
  for (const { title: name, bars, goal } of groups) {
    const height = bars.length * (BAR + GAP) - GAP
    parts.push(text(LABELS - 10, y + height / 2 + 4, name, 'end'))
    for (const { place, value, label } of bars) {
      const [from, to] = [Math.min(x(1), x(value)), Math.max(x(1), x(value))]
      parts.push(
        `<rect x="${round(from)}" y="${y}" width="${round(Math.max(to - from, 1))}" height="${BAR}" fill="${colourOf(place)}"/>`,
        text(to + 6, y + BAR - 3, label, 'start', 11),
      )
      y += BAR + GAP
    }
    if (goal !== undefined) parts.push(line(x(goal), y - height - GAP - 4, x(goal), y, GOAL))
    y += GROUP_GAP
  }
  const axis = ticks.flatMap((value) => [
    line(x(value), top - 8, x(value), y - 6, `stroke="${value === 1 ? '#333' : '#ddd'}"`),
    text(x(value), y + 10, `${value}×`, 'middle', 11),
  ])
  return page(title, y + 24, [...axis, ...parts, legend.svg])
}

export interface LinePlot {
  readonly title: string
  readonly xTitle: string
  readonly series: readonly (Series & { readonly points: readonly (readonly [x: number, y: number])[] })[]
  readonly yText: (value: number) => string
}

const PLOT_HEIGHT = 320
const LEFT = 70

/** Lines on logarithmic scales. */
export function linePlot({ title, xTitle, series, yText }: LinePlot): string {
  const points = series.flatMap((one) => one.points)
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b)
  const ys = points.map(([, y]) => y)
  const ticks = ticksOver(Math.min(...ys), Math.max(...ys))
  const legend = legendOf(series, false)
  const top = legend.bottom + 20
  const bottom = top + PLOT_HEIGHT
  const right = WIDTH - 40
  const x = scale([(xs[0] ?? 1) / 1.1, (xs.at(-1) ?? 10) * 1.1], LEFT, right)
  const y = scale(ticks, bottom, top)
  const parts = [
    ...ticks.flatMap((value) => [
      line(LEFT, y(value), right, y(value), 'stroke="#ddd"'),
      text(LEFT - 8, y(value) + 4, yText(value), 'end', 11),
    ]),
    ...xs.map((value) => text(x(value), bottom + 18, value.toLocaleString('en'), 'middle', 11)),
    text((LEFT + right) / 2, bottom + 38, xTitle, 'middle'),
  ]
  for (const { place, points: own } of series) {
    const path = own.map(([px, py]) => `${round(x(px))},${round(y(py))}`).join(' ')
    parts.push(`<polyline points="${path}" fill="none" stroke="${colourOf(place)}" stroke-width="2"/>`)
    for (const [px, py] of own)
      parts.push(`<circle cx="${round(x(px))}" cy="${round(y(py))}" r="3.5" fill="${colourOf(place)}"/>`)
  }
  return page(title, bottom + 50, [...parts, legend.svg])
}

/** 1, 2 and 5 of each power of ten, just around what is shown; where that is many, powers alone. */
function ticksOver(least: number, most: number): number[] {
  const found: number[] = []
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power += 1)
    for (const step of [1, 2, 5]) found.push(Number((step * 10 ** power).toPrecision(1)))
  const first = Math.max(
    found.findLastIndex((value) => value <= least),
    0,
  )
  const last = found.findIndex((value) => value >= most)
  const near = found.slice(first, last < 0 ? undefined : last + 1)
  const powers = (value: number): boolean => Number.isInteger(Number(Math.log10(value).toFixed(9)))
  if (near.length <= 9) return near
  return [...new Set([near[0] ?? least, ...near.filter(powers), near.at(-1) ?? most])]
}

function scale(ticks: readonly number[], from: number, to: number): (value: number) => number {
  const low = Math.log10(ticks[0] ?? 1)
  const span = Math.log10(ticks.at(-1) ?? 10) - low || 1
  return (value) => from + ((Math.log10(value) - low) / span) * (to - from)
}

const GOAL = 'stroke="#000" stroke-dasharray="3 2"'

/** One after the other, in as many lines as they need. */
function legendOf(series: readonly Series[], goal: boolean): { svg: string; bottom: number } {
  let x = MARGIN
  let y = 34
  const parts: string[] = []
  const put = (name: string, mark: (x: number, y: number) => string): void => {
    const width = 36 + name.length * 6.6
    if (x + width > WIDTH) {
      x = MARGIN
      y += 18
    }
    parts.push(mark(x, y), text(x + 17, y + 10, name, 'start'))
    x += width
  }
  for (const { name, place } of series)
    put(
      name,
      (at, top) => `<rect x="${round(at)}" y="${top}" width="12" height="12" fill="${colourOf(place)}"/>`,
    )
  if (goal) put('goal', (at, top) => line(at + 6, top, at + 6, top + 12, GOAL))
  return { svg: parts.join('\n'), bottom: y + 12 }
}

function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" ${style}/>`
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end', size = 12): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}">${escaped(content)}</text>`
}

function page(title: string, height: number, parts: readonly string[]): string {
  const name = escaped(title)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="sans-serif" fill="#222">`,
    `<title>${name}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="${MARGIN}" y="22" font-size="14" font-weight="bold">${name}</text>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
