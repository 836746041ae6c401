import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { schemas } from '../../src/docs/generated/schemas.js'
import { validators } from '../../src/docs/generated/validators.js'

const ajv = new Ajv2020({ strict: true, strictTypes: false, schemas: [...schemas] })

/** Of one that begins right, so that what is inside is looked at, too. */
const INNER = [null, {}, [], '', 'x', -1, 1.5, true]

function* wrongValues(schema: object): Generator<unknown> {
  yield* INNER
  const { properties, required = [] } = schema as {
    properties?: Record<string, { const?: unknown }>
    required?: readonly string[]
  }
  for (const name of Object.keys(properties ?? {})) {
    for (const value of INNER) {
      const others = required.filter((other) => other !== name)
      yield Object.fromEntries([...others.map((other) => [other, properties?.[other]?.const]), [name, value]])
      yield { [name]: value }
    }
  }
}

/** What an error tells people is made of. */
function told(errors: readonly ErrorObject[] | null | undefined): unknown {
  return errors?.map(({ instancePath, keyword, message, params }) => ({
    instancePath,
    keyword,
    message,
    params,
  }))
}

const shapes = schemas.flatMap((schema) => {
  const { $id, $defs = {} } = schema as { $id: string; $defs?: Record<string, object> }
  const inside = Object.entries($defs).map(([name, def]) => [`${$id}#/$defs/${name}`, def] as const)
  return [[$id, schema] as const, ...inside]
})

test('there is a check for every schema and definition', () => {
  expect([...validators.keys()].toSorted()).toEqual(shapes.map(([reference]) => reference).toSorted())
})

test.each(shapes)('%s is checked as ajv checks it at run time', (reference, schema) => {
  const check = validators.get(reference)
  const compiled = ajv.compile({ $ref: reference })
  for (const value of wrongValues(schema)) {
    expect(check?.(value), JSON.stringify(value)).toBe(compiled(value))
    expect(told(check?.errors), JSON.stringify(value)).toEqual(told(compiled.errors))
  }
})
