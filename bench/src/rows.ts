/** What is measured, and how it is shown. */
export const MEASURES = ['M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7', 'M8', 'M9', 'M10'] as const
export type MeasureId = (typeof MEASURES)[number]

export const MEASURE_TITLES: Readonly<Record<MeasureId, string>> = {
  M1: 'seal one invoice durably',
  M2: 'invoices made offline, from connecting to receipts for all verified at the terminal',
  M3: 'bytes on the wire, both ways',
  M4: 'bytes on the disk, after the sync',
  M5: 'server, during the sync',
  M6: 'storm: terminals with 50 invoices each connect at once',
  M7: 'cold start with history on the disk, to the first sealed invoice',
  M8: 'a fresh terminal gets the catalogue, then a change of 1 % of the prices',
  M9: 'force-complete: everything handed over and deleted at the terminal',
  M10: 'growth with the history',
}

/** Samples are milliseconds, bytes or seconds of CPU. */
export type Unit = 'ms' | 'bytes' | 'cpu-s'

/** One line of the table. */
export interface Row {
  /** Stable: results that were saved are compared by it. */
  readonly id: string
  readonly measure: MeasureId
  readonly title: string
  readonly unit: Unit
  /** Id of the floor's row it is compared with, where that is another one. */
  readonly against?: string
  /** Id of the contestant's own row it is compared with, in place of the floor's. */
  readonly self?: string
  /** Not part of the goals, and not guarded by --compare: shown because it explains. */
  readonly info?: boolean
}

/** Largest ratio to the floor (or to itself) that is aimed at, by row. */
const GOALS: Readonly<Record<string, number>> = {
  'M1.p50': 3,
  'M1.p99': 2,
  'M2.1000': 1.5,
  'M2.10000': 1,
  'M3.10000.all': 0.25,
  'M4.10000.terminal': 0.3,
  'M4.10000.server': 0.25,
  'M5.10000.memory': 1.5,
  'M5.10000.cpu': 2,
  'M6.200.time': 1.2,
  'M6.1000.time': 1,
  'M6.1000.memory': 2,
  'M7.30000.time': 2,
  'M7.30000.memory': 1.5,
  'M8.5000.fetch': 1.5,
  'M8.5000.change': 2,
  'M9.10000': 1.3,
  'M10.seal.30000': 1.1,
  'M10.sync.30000': 1.1,
}

export function goalOf({ id }: Row): number | undefined {
  return GOALS[id] ?? GOALS[id.replace(/^M1\.\d+\./, 'M1.')]
}

/** A whole number as people read it. */
export function count(number: number): string {
  return number.toLocaleString('en')
}

export const ROWS = {
  seal: (book: number, percent: 50 | 99): Row => ({
    id: `M1.${book}.p${percent}`,
    measure: 'M1',
    title: `day book of ${count(book)}, p${percent}`,
    unit: 'ms',
  }),
  sync: (n: number | 'real', invoices: number): Row => ({
    id: `M2.${n}`,
    measure: 'M2',
    title: n === 'real' ? `the real sales file, ${count(invoices)} invoices` : `N = ${count(n)}`,
    unit: 'ms',
  }),
  wire: (n: number, way: 'up' | 'down' | 'all'): Row => ({
    id: `M3.${n}.${way}`,
    measure: 'M3',
    title: `N = ${count(n)}, ${{ up: 'to the server', down: 'to the terminal', all: 'both ways' }[way]}`,
    unit: 'bytes',
    ...(way === 'all' ? {} : { info: true }),
  }),
  disk: (n: number, side: 'terminal' | 'server', what: 'bytes' | 'allocated'): Row => ({
    id: what === 'bytes' ? `M4.${n}.${side}` : `M4.${n}.${side}.allocated`,
    measure: 'M4',
    title: `N = ${count(n)}, ${side}${what === 'bytes' ? '' : ', blocks allocated'}`,
    unit: 'bytes',
    ...(what === 'bytes' ? {} : { info: true }),
  }),
  memory: (n: number): Row => ({
    id: `M5.${n}.memory`,
    measure: 'M5',
    title: `N = ${count(n)}, peak memory`,
    unit: 'bytes',
  }),
  cpu: (n: number): Row => ({
    id: `M5.${n}.cpu`,
    measure: 'M5',
    title: `N = ${count(n)}, CPU`,
    unit: 'cpu-s',
  }),
  storm: (terminals: number, what: 'time' | 'memory'): Row => ({
    id: `M6.${terminals}.${what}`,
    measure: 'M6',
    title: `${count(terminals)} terminals${what === 'time' ? '' : ', peak memory of the server'}`,
    unit: what === 'time' ? 'ms' : 'bytes',
  }),
  cold: (history: number, what: 'time' | 'memory' | 'killed'): Row => ({
    id: `M7.${history}.${what}`,
    measure: 'M7',
    title: `${count(history)} invoices${{ time: '', memory: ', memory then', killed: ', after it was killed' }[what]}`,
    unit: what === 'memory' ? 'bytes' : 'ms',
    ...(what === 'killed' ? { info: true } : {}),
  }),
  catalogue: (items: number, what: 'fetch' | 'change'): Row => ({
    id: `M8.${items}.${what}`,
    measure: 'M8',
    title: `${count(items)} items${what === 'fetch' ? '' : ', 1 % of the prices changed'}`,
    unit: 'ms',
  }),
  catalogueWire: (items: number, what: 'fetch' | 'change'): Row => ({
    id: `M8.${items}.${what}.wire`,
    measure: 'M8',
    title: `${count(items)} items${what === 'fetch' ? '' : ', 1 % of the prices changed'}, on the wire`,
    unit: 'bytes',
    info: true,
  }),
  force: (n: number): Row => ({
    id: `M9.${n}`,
    measure: 'M9',
    title: `N = ${count(n)}`,
    unit: 'ms',
    against: `M2.${n}`,
  }),
  growth: (what: 'seal' | 'sync' | 'cold', history: number, first: number, round: number): Row => ({
    id: `M10.${what}.${history}`,
    measure: 'M10',
    title: `${{ seal: 'M1, p50', sync: `M2, ${count(round)} more`, cold: 'M7' }[what]}, with ${count(history)} invoices of history`,
    unit: 'ms',
    ...(history === first ? { info: true } : { self: `M10.${what}.${first}` }),
  }),
}
