import { describe, expect, test } from 'vitest'
import { figure, ratioText } from '../../bench/src/format.js'
import { between } from '../../bench/src/report.js'
import { Results } from '../../bench/src/results.js'
import { ROWS } from '../../bench/src/rows.js'
import { percentile, summarise } from '../../bench/src/statistics.js'

describe('statistics', () => {
  test('are those of the samples, in any order', () => {
    expect(summarise([5, 1, 4, 2, 3])).toEqual({ median: 3, min: 1, max: 5, quartiles: [2, 4], runs: 5 })
    expect(summarise([1, 2, 3, 4]).median).toBe(2.5)
    expect(percentile([10], 99)).toBe(10)
    expect(percentile([0, 100], 99)).toBe(99)
    expect(() => percentile([], 50)).toThrow('no samples')
  })

  test('ratios are of medians, to the floor, to another row of it, or to the own least history', () => {
    const results = new Results()
    const add = (
      contestant: string,
      row: Parameters<Results['add']>[1][number]['row'],
      ...values: number[]
    ) =>
      results.add(
        contestant,
        values.map((value) => ({ row, value })),
      )
    add('floor', ROWS.sync(100, 100), 10, 20, 90)
    add('counterfoil', ROWS.sync(100, 100), 30, 30, 40)
    add('counterfoil', ROWS.force(100), 50)
    add('counterfoil', ROWS.growth('seal', 100, 100, 10), 2)
    add('counterfoil', ROWS.growth('seal', 400, 100, 10), 3)
    expect(results.ratio(ROWS.sync(100, 100), 'counterfoil')).toBe(1.5)
    expect(results.ratio(ROWS.force(100), 'counterfoil')).toBe(2.5)
    expect(results.ratio(ROWS.growth('seal', 400, 100, 10), 'counterfoil')).toBe(1.5)
    expect(results.ratio(ROWS.memory(100), 'counterfoil')).toBeUndefined()
  })
})

test('figures have three digits that count', () => {
  expect([figure(0.234, 'ms'), figure(23.44, 'ms'), figure(1_234, 'ms')]).toEqual([
    '0.23 ms',
    '23.4 ms',
    '1.23 s',
  ])
  expect([figure(765_432, 'bytes'), figure(10_400_000, 'bytes')]).toEqual(['765 KB', '10.4 MB'])
  expect(ratioText(0.254)).toBe('0.25×')
})

test('of the page only what stands between the markers is written', () => {
  const page =
    'a\n<!-- written by `npm run bench`: begin -->\nold\n<!-- written by `npm run bench`: end -->\nz\n'
  const written = between(page, 'new')
  expect(written).toBe(
    'a\n<!-- written by `npm run bench`: begin -->\n\nnew\n<!-- written by `npm run bench`: end -->\nz\n',
  )
  expect(between(written, 'new')).toBe(written)
  expect(() => between('no markers', 'new')).toThrow('has lost its markers')
})
