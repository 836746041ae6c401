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

export function colourOf(place: number): string {
  return COLOURS[place % COLOURS.length] ?? COLOURS[0]
}

export interface BarGroup {
  readonly title: string
  readonly bars: readonly { readonly series: number; readonly value: number; readonly label: string }[]
  /** Where a line is drawn through the group: what is aimed at. */
  readonly goal?: number
}

export interface BarPlot {
  readonly title: string
  readonly series: readonly string[]
  readonly groups: readonly BarGroup[]
}

const WIDTH = 860
const LABELS = 300
const RIGHT = 90
const BAR = 14
const GAP = 4
const GROUP_GAP = 16
const TOP = 62

/** Bars of ratios on a logarithmic scale, from a line at 1. */
export function barPlot({ title, series, groups }: BarPlot): string {
  const values = groups.flatMap(({ bars, goal }) => [
    ...bars.map(({ value }) => value),
    ...(goal ? [goal] : []),
  ])
  const low = 10 ** Math.floor(Math.log10(Math.min(1, ...values) * 0.999))
  const high = 10 ** Math.ceil(Math.log10(Math.max(1, ...values) * 1.001))
  const x = scale(low, high, LABELS, WIDTH - RIGHT)
  const parts: string[] = []
  let y = TOP
  for (const { title: name, bars, goal } of groups) {
    const height = bars.length * (BAR + GAP) - GAP
    parts.push(text(LABELS - 10, y + height / 2 + 4, name, 'end'))
    if (goal !== undefined) parts.push(dashed(x(goal), y - 4, x(goal), y + height + 4))
    for (const { series: of, value, label } of bars) {
      const [from, to] = [Math.min(x(1), x(value)), Math.max(x(1), x(value))]
      parts.push(
        `<rect x="${round(from)}" y="${y}" width="${round(Math.max(to - from, 1))}" height="${BAR}" fill="${colourOf(of)}"/>`,
        text(to + 6, y + BAR - 3, label, 'start', 11),
      )
      y += BAR + GAP
    }
    y += GROUP_GAP
  }
  const bottom = y
  const axis = powers(low, high).flatMap((value) => [
    `<line x1="${round(x(value))}" y1="${TOP - 8}" x2="${round(x(value))}" y2="${bottom - 6}" stroke="${value === 1 ? '#333' : '#ddd'}"/>`,
    text(x(value), bottom + 10, `${value}×`, 'middle', 11),
  ])
  return page(title, bottom + 24, [...axis, ...parts, legend(series)])
}

export interface LinePlot {
  readonly title: string
  readonly xTitle: string
  readonly yTitle: string
  readonly series: readonly {
    readonly name: string
    readonly place: number
    readonly points: readonly (readonly [x: number, y: number])[]
  }[]
  readonly yText: (value: number) => string
}

const HEIGHT = 420
const LEFT = 90

/** Lines on logarithmic scales. */
export function linePlot({ title, xTitle, yTitle, series, yText }: LinePlot): string {
  const points = series.flatMap((one) => one.points)
  const xs = [...new Set(points.map(([x]) => x))].sort((a, b) => a - b)
  const ys = points.map(([, y]) => y)
  const low = 10 ** Math.floor(Math.log10(Math.min(...ys) * 0.999))
  const high = 10 ** Math.ceil(Math.log10(Math.max(...ys) * 1.001))
  const x = scale((xs[0] ?? 1) / 1.1, (xs.at(-1) ?? 10) * 1.1, LEFT, WIDTH - 40)
  const y = scale(low, high, HEIGHT - 50, TOP + 10)
  const parts = [
    ...powers(low, high).flatMap((value) => [
      `<line x1="${LEFT}" y1="${round(y(value))}" x2="${WIDTH - 40}" y2="${round(y(value))}" stroke="#ddd"/>`,
      text(LEFT - 8, y(value) + 4, yText(value), 'end', 11),
    ]),
    ...xs.map((value) => text(x(value), HEIGHT - 32, value.toLocaleString('en'), 'middle', 11)),
    text((LEFT + WIDTH - 40) / 2, HEIGHT - 10, xTitle, 'middle', 12),
    text(14, TOP, yTitle, 'start', 12),
  ]
  for (const { place, points: own } of series) {
    const path = own.map(([px, py]) => `${round(x(px))},${round(y(py))}`).join(' ')
    parts.push(`<polyline points="${path}" fill="none" stroke="${colourOf(place)}" stroke-width="2"/>`)
    for (const [px, py] of own)
      parts.push(`<circle cx="${round(x(px))}" cy="${round(y(py))}" r="3.5" fill="${colourOf(place)}"/>`)
  }
  return page(title, HEIGHT, [
    ...parts,
    legend(
      series.map(({ name }) => name),
      series.map(({ place }) => place),
    ),
  ])
}

function scale(low: number, high: number, from: number, to: number): (value: number) => number {
  const span = Math.log10(high) - Math.log10(low)
  return (value) => from + ((Math.log10(value) - Math.log10(low)) / span) * (to - from)
}

function powers(low: number, high: number): number[] {
  const found: number[] = []
  for (let power = Math.round(Math.log10(low)); power <= Math.round(Math.log10(high)); power += 1)
    found.push(Number((10 ** power).toPrecision(1)))
  return found
}

function legend(
  names: readonly string[],
  places: readonly number[] = names.map((_, place) => place),
): string {
  let x = 14
  return names
    .map((name, index) => {
      const at = x
      x += 26 + name.length * 7
      return `<rect x="${at}" y="34" width="12" height="12" fill="${colourOf(places[index] ?? 0)}"/>${text(at + 17, 44, name, 'start', 12)}`
    })
    .join('')
}

function dashed(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${round(x1)}" y1="${y1}" x2="${round(x2)}" y2="${y2}" stroke="#000" stroke-dasharray="3 2"/>`
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
    `<text x="14" y="22" font-size="14" font-weight="bold">${name}</text>`,
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
