import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Contestant } from '../../bench/src/contestant.js'
import { FLOOR, PRODUCT, Results } from '../../bench/src/results.js'
import { runTrials, type RunnerOptions } from '../../bench/src/runner.js'
import type { Trial } from '../../bench/src/trials/trial.js'

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'counterfoil-test-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

function contestant(name: string, takes: Contestant['takes'] = { seal: {}, sync: {} }): Contestant {
  return {
    name,
    title: name,
    notes: [],
    versions: {},
    server: { argv: () => [] },
    terminal: 'none',
    takes,
  }
}

/** A trial that only notes who took it. */
function noting(order: string[], title: string, runs: number, more: Partial<Trial> = {}): Trial {
  return {
    title,
    measures: ['M1'],
    task: 'seal',
    size: 10,
    runs,
    limit: 60,
    run: ({ name }) => {
      order.push(`${title} ${name}`)
      return Promise.resolve([])
    },
    ...more,
  }
}

function options(more: Partial<RunnerOptions> = {}): RunnerOptions {
  return {
    scratch,
    seed: 7,
    results: new Results(),
    signal: new AbortController().signal,
    say: () => undefined,
    secondsLeft: () => Infinity,
    ...more,
  }
}

test('everything is run once, then floor and product have their runs, then the others', async () => {
  const order: string[] = []
  const all = [contestant(FLOOR), contestant('peer'), contestant(PRODUCT)]
  await runTrials(
    [noting(order, 'a', 2), noting(order, 'b', 3)],
    all,
    options({
      afterFirst: () => {
        order.push('all have run once')
        return Promise.resolve()
      },
    }),
  )
  const first = [
    'a floor',
    'a peer',
    'a counterfoil',
    'b floor',
    'b peer',
    'b counterfoil',
    'all have run once',
  ]
  const compared = ['a floor', 'a counterfoil', 'b floor', 'b counterfoil', 'b floor', 'b counterfoil']
  expect(order).toEqual([...first, ...compared, 'a peer', 'b peer', 'b peer'])
})

test('no run is repeated that would not be over in time, and each is run once however late it is', async () => {
  const order: string[] = []
  const left = [1, 1, -1]
  await runTrials(
    [noting(order, 'a', 5), noting(order, 'b', 5)],
    [contestant(FLOOR)],
    options({ secondsLeft: () => left.shift() ?? -1 }),
  )
  expect(order).toEqual(['a floor', 'b floor', 'a floor', 'b floor'])
  order.length = 0
  await runTrials([noting(order, 'a', 5)], [contestant(FLOOR)], options({ secondsLeft: () => -1 }))
  expect(order).toEqual(['a floor'])
})

test('who failed is not asked again, nor for more; who does not take a task or a size is not asked at all', async () => {
  const order: string[] = []
  const results = new Results()
  const fails: Partial<Trial> = {
    run: ({ name }) => {
      order.push(`fails ${name}`)
      return Promise.reject(new Error('no'))
    },
  }
  await runTrials(
    [
      noting(order, 'little', 3, fails),
      noting(order, 'more', 3, { size: 20 }),
      noting(order, 'other', 1, { task: 'sync', size: 20 }),
    ],
    [contestant(FLOOR), contestant('small', { sync: { size: 10 } })],
    options({ results }),
  )
  expect(order).toEqual(['fails floor', 'other floor'])
  expect(results.failures).toEqual([{ contestant: FLOOR, trial: 'little', message: 'no' }])
})

test('a run is ended at its limit, and when somebody stops the bench no further is begun', async () => {
  const results = new Results()
  const stuck: Partial<Trial> = {
    limit: 0.01,
    run: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('ended')))
      }),
  }
  await runTrials([noting([], 'stuck', 1, stuck)], [contestant(FLOOR)], options({ results }))
  expect(results.failures[0]?.message).toBe('It was ended after 0.01 s.')
  const stopping = new AbortController()
  const order: string[] = []
  const stops: Partial<Trial> = {
    run: () => {
      stopping.abort()
      return Promise.reject(new Error('killed'))
    },
  }
  const stopped = options({ signal: stopping.signal })
  await runTrials([noting(order, 'a', 2, stops), noting(order, 'b', 2)], [contestant(FLOOR)], stopped)
  expect(order).toEqual([])
  expect(stopped.results.failures).toEqual([])
})
