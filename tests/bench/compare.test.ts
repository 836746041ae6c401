import { describe, expect, test } from 'vitest'
import { compare, comparisonText } from '../../bench/src/compare.js'
import { parseDocument, type BenchDocument } from '../../bench/src/document.js'
import { ROWS, type Row } from '../../bench/src/rows.js'

type Samples = Readonly<Record<string, readonly number[]>>

function table(rows: readonly (readonly [Row, Samples])[], processor = 'one'): BenchDocument {
  return {
    format: 1,
    at: '2026-01-01T00:00:00.000Z',
    seconds: 1,
    machine: {
      processor,
      cores: 2,
      memoryBytes: 1,
      system: 'Linux',
      node: '20',
      fileSystem: 'ext4',
      fsyncMs: 1,
      commit: 'x',
    },
    contestants: [],
    skipped: [],
    failures: [],
    interrupted: false,
    rows: rows.map(([row, samples]) => ({ row, samples })),
  }
}

const SYNC = ROWS.sync(1_000, 1_000)
const DISK = ROWS.disk(1_000, 'terminal', 'bytes')
const FLOOR = [100, 101, 102]
const saved = table([
  [SYNC, { floor: FLOOR, counterfoil: [200, 210, 220] }],
  [DISK, { floor: [1_000], counterfoil: [300] }],
])

describe('the guard', () => {
  test('passes a table that equals the saved one', () => {
    expect(compare(saved, saved)).toEqual({ compared: 2, worse: [] })
  })

  test('finds a figure that is worse, and names it with its ratio', () => {
    const slower = table([
      [SYNC, { floor: FLOOR, counterfoil: [400, 410, 420] }],
      [DISK, { floor: [1_000], counterfoil: [300] }],
    ])
    const comparison = compare(saved, slower)
    expect(comparison.worse.map(({ row }) => row.id)).toEqual(['M2.1000'])
    const text = comparisonText(comparison)
    expect(text).toContain('M2 N = 1,000: 410 ms in place of 210 ms, 1.95 times as much')
    expect(text).toContain('4.06× the floor in place of 2.08×')
  })

  test('finds bytes that grew by a tenth', () => {
    const larger = table([[DISK, { floor: [1_000], counterfoil: [330] }]])
    expect(compare(saved, larger).worse).toHaveLength(1)
  })

  test('does not take a slower machine, or chance, for a worse product', () => {
    const machine = table([[SYNC, { floor: [200, 202, 204], counterfoil: [400, 420, 440] }]])
    expect(compare(saved, machine).worse).toEqual([])
    const chance = table([[SYNC, { floor: FLOOR, counterfoil: [100, 290, 300] }]])
    expect(compare(saved, chance).worse).toEqual([])
  })

  test('compares nothing of another machine, and says when there is nothing in common', () => {
    expect(() => compare(saved, table([], 'another'))).toThrow(
      'another machine (processor: one, here another)',
    )
    expect(() => compare(saved, table([[SYNC, { floor: FLOOR }]]))).toThrow(
      'no figure of Counterfoil in common',
    )
    expect(() => parseDocument('{}', 'x.json')).toThrow('x.json is not a table')
    expect(() => parseDocument('', 'x.json')).toThrow('x.json is not JSON')
  })
})
