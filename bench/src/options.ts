import { parseArgs } from 'node:util'
import { MEASURES, type MeasureId } from './rows.js'

export interface Options {
  readonly only: readonly MeasureId[] | undefined
  readonly contestants: readonly string[] | undefined
  readonly n: number | undefined
  readonly runs: number
  readonly seed: number
  readonly scratch: string | undefined
}

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      contestants: { type: 'string', multiple: true },
      n: { type: 'string' },
      runs: { type: 'string', default: '5' },
      seed: { type: 'string', default: '7' },
      scratch: { type: 'string' },
    },
  })
  return {
    only: listOf(values.only)?.map(measure),
    contestants: listOf(values.contestants),
    n: values.n === undefined ? undefined : Number(values.n),
    runs: Number(values.runs),
    seed: Number(values.seed),
    scratch: values.scratch,
  }
}

function listOf(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((value) => value.split(','))
}

function measure(text: string): MeasureId {
  const found = MEASURES.find((id) => id === text)
  if (!found) throw new Error(`There is no measure ${text}. There are ${MEASURES.join(', ')}.`)
  return found
}
