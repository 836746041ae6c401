import type { Row } from './rows.js'
import type { Trial } from './trials/trial.js'
import { summarise, type Summary } from './statistics.js'

export interface Sample {
  readonly row: Row
  readonly value: number
}

/** Something that did not work out, and for that reason does not count. */
export interface Failure {
  readonly contestant: string
  readonly trial: string
  readonly message: string
}

type FailedTrial = Pick<Trial, 'title' | 'task' | 'size'>

/** What was measured, by row and contestant. */
export class Results {
  readonly #rows = new Map<string, Row>()
  readonly #samples = new Map<string, Map<string, number[]>>()
  readonly failures: Failure[] = []
  /** Tasks that a contestant failed at, with the size. */
  readonly #failed = new Map<string, number>()

  add(contestant: string, samples: readonly Sample[]): void {
    for (const { row, value } of samples) {
      this.#rows.set(row.id, row)
      const by = this.#samples.get(row.id) ?? new Map<string, number[]>()
      by.set(contestant, [...(by.get(contestant) ?? []), value])
      this.#samples.set(row.id, by)
    }
  }

  fail(contestant: string, { title, task, size }: FailedTrial, message: string): void {
    this.failures.push({ contestant, trial: title, message })
    const key = `${contestant} ${task}`
    this.#failed.set(key, Math.min(size, this.#failed.get(key) ?? size))
  }

  /** Whether it failed at the same task with fewer: with more, minutes would pass before it did again. */
  failedAtLess(contestant: string, { task, size }: FailedTrial): boolean {
    return (this.#failed.get(`${contestant} ${task}`) ?? size) < size
  }

  /** In the order in which they were first measured. */
  rows(): Row[] {
    return [...this.#rows.values()]
  }

  samples(row: string, contestant: string): readonly number[] {
    return this.#samples.get(row)?.get(contestant) ?? []
  }

  summary(row: string, contestant: string): Summary | undefined {
    const samples = this.samples(row, contestant)
    return samples.length === 0 ? undefined : summarise(samples)
  }

  /** A contestant's median over the floor's of the same run; for growth, over its own with the least history. */
  ratio(row: Row, contestant: string): number | undefined {
    const own = this.summary(row.id, contestant)
    const base =
      row.self === undefined ? this.summary(row.against ?? row.id, FLOOR) : this.summary(row.self, contestant)
    return own && base && base.median > 0 ? own.median / base.median : undefined
  }
}

export const FLOOR = 'floor'
export const PRODUCT = 'counterfoil'
