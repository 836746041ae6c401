import type { ErrorObject } from 'ajv'
import { validators, type Check } from './generated/validators.js'

/** Input that breaks a schema. The message names the place, what is wrong with it, and what is expected. */
export class InvalidInput extends Error {
  readonly pointer: string
  constructor(what: string, pointer: string, problem: string) {
    super(`The ${what} is not valid${pointer ? ` at ${pointer}` : ''}: ${problem}.`)
    this.name = 'InvalidInput'
    this.pointer = pointer
  }
}

function validator(reference: string): Check {
  const found = validators.get(reference)
  if (!found) throw new Error(`There is no schema ${reference}`)
  return found
}

function explain(errors: readonly ErrorObject[]): { pointer: string; problem: string } {
  // Of a union's errors, the deepest one comes from the alternative that fitted best.
  const deepest = errors.reduce((best, error) =>
    error.instancePath.split('/').length > best.instancePath.split('/').length ? error : best,
  )
  const params = deepest.params as Record<string, unknown>
  const detail =
    deepest.keyword === 'additionalProperties'
      ? `it has an unknown member "${String(params['additionalProperty'])}"`
      : deepest.keyword === 'enum'
        ? `it must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`
        : (deepest.message ?? deepest.keyword)
  return { pointer: deepest.instancePath, problem: detail }
}

/**
 * Checks a value against a schema of `schemas/`.
 * @param reference a file name there, with an optional JSON pointer: `terminal-api.schema.json#/$defs/AddLine`
 * @param what what to call the value in the error
 * @throws InvalidInput
 */
export function validate<T>(reference: string, value: unknown, what: string): asserts value is T {
  const check = validator(reference)
  if (check(value)) return
  const { pointer, problem } = explain(check.errors ?? [])
  throw new InvalidInput(what, pointer, problem)
}
