import { readFile } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { ROUTES as RELAY } from '../src/relay/access-table.js'
import { SHAPES } from '../src/terminal/api/shapes.js'
import { ROUTES as TERMINAL } from '../src/terminal/api/access.js'
import { openGaps, schemaless, type ApiDocument } from './support/api-document.js'

/** Made from the built product by the script that also writes the files. */
const made = async (): Promise<Readonly<Record<string, ApiDocument>>> => {
  const script = new URL('../scripts/openapi.mjs', import.meta.url).href
  const { openApiDocuments } = (await import(script)) as {
    openApiDocuments: () => Promise<Readonly<Record<string, ApiDocument>>>
  }
  return openApiDocuments()
}

const written = async (name: string): Promise<ApiDocument> =>
  JSON.parse(await readFile(new URL(`../docs/openapi-${name}.json`, import.meta.url), 'utf8')) as ApiDocument

const TABLES = {
  relay: Object.values(RELAY).map(({ method, path }) => `${method} ${path}`),
  terminal: TERMINAL.map(({ method, path }) => `${method} ${path}`),
}

describe.each(['relay', 'terminal'] as const)('the OpenAPI document of the %s', (name) => {
  test('has exactly the routes of the table the server decides by', async () => {
    const { paths } = await written(name)
    const found = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(
        (method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      ),
    )
    expect(found.toSorted()).toEqual(TABLES[name].toSorted())
  })

  test('is up to date: npm run openapi writes the same', async () => {
    expect(await written(name)).toEqual((await made())[name])
  })

  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate((await written(name)) as never)
    expect(errors ?? []).toEqual([])
    expect(valid).toBe(true)
  })

  test('a document that is not valid is found out', async () => {
    const { valid } = await new Validator().validate({ ...(await written(name)), paths: 1 } as never)
    expect(valid).toBe(false)
  })

  test('says of every JSON answer what is in it, down to the last member', async () => {
    const document = await written(name)
    expect(schemaless(document)).toEqual([])
    expect(openGaps(document)).toEqual([])
  })

  test('an answer without a schema, or with one that lets anything by, is found out', async () => {
    const document = await written(name)
    const answering = (schema: object | undefined): ApiDocument => ({
      ...document,
      paths: {
        '/v1/more': {
          get: { responses: { '200': { content: { 'application/json': schema ? { schema } : {} } } } },
        },
      },
    })
    expect(schemaless(answering(undefined))).toEqual(['GET /v1/more 200'])
    expect(schemaless(answering({}))).toEqual(['GET /v1/more 200'])
    expect(schemaless(answering({ type: 'object' }))).toEqual(['GET /v1/more 200'])
    const inner = { type: 'object', properties: { a: { type: 'object' } }, additionalProperties: false }
    expect(openGaps(answering(inner))).toEqual(['GET /v1/more 200 a'])
  })
})

test('no shape of a terminal’s route is left over from one that is gone', () => {
  expect(Object.keys(SHAPES).toSorted()).toEqual(TABLES.terminal.toSorted())
})
