// Writes docs/openapi-relay.json and docs/openapi-terminal.json (OpenAPI 3.1) from the access tables of the built
// product, what each route takes and answers, and schemas/. Each document stands alone.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL, fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const PROBLEM = 'problem.schema.json'

/** @returns {Promise<{relay: object, terminal: object}>} */
export async function openApiDocuments() {
  const relay = await import(new URL('dist/relay/access-table.js', root))
  const relayShapes = await import(new URL('dist/relay/api-shapes.js', root))
  const terminal = await import(new URL('dist/terminal/api/access.js', root))
  const terminalShapes = await import(new URL('dist/terminal/api/shapes.js', root))
  const { VERSION } = await import(new URL('dist/protocol/version.js', root))
  const schemas = await readSchemas()
  return {
    relay: documentOf({
      title: 'Counterfoil relay',
      version: VERSION,
      schemas,
      routes: Object.entries(relay.ROUTES).map(([id, entry]) => ({
        id,
        ...entry,
        shape: relayShapes.SHAPES[id],
      })),
    }),
    terminal: documentOf({
      title: 'Counterfoil terminal',
      version: VERSION,
      schemas,
      routes: terminal.ROUTES.map((entry) => ({
        id: idOf(entry),
        ...entry,
        shape: terminalShapes.SHAPES[`${entry.method} ${entry.path}`],
      })),
    }),
  }
}

async function readSchemas() {
  const schemas = new Map()
  for (const name of (await readdir(new URL('schemas/', root))).sort())
    schemas.set(name, JSON.parse(await readFile(new URL(`schemas/${name}`, root), 'utf8')))
  return schemas
}

function idOf({ method, path }) {
  const words = path.replace('/v1/', '').split(/[/:-]+/)
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function documentOf({ title, version, schemas, routes }) {
  const components = new Components(schemas)
  const paths = {}
  for (const route of routes) {
    if (!route.shape) throw new Error(`${route.method} ${route.path} has no shape`)
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = operationOf(route, components)
  }
  return {
    openapi: '3.1.0',
    info: {
      title,
      version,
      description:
        'Written by `npm run openapi` from the table the server decides by. Money is in minor units, sizes in bytes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    paths,
    components: {
      schemas: components.sorted(),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A session, or the token of the control file.',
        },
        cookie: {
          type: 'apiKey',
          in: 'cookie',
          name: 'counterfoil',
          description: 'Of a person who signed in on the page.',
        },
      },
    },
  }
}

function operationOf({ id, path, who, purpose, shape }, components) {
  const open = who.includes('anyone') || who.includes('nobody')
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(shape.query ?? {}).map(([name, description]) => ({
      name,
      in: 'query',
      description,
      schema: { type: 'string' },
    })),
  ]
  return {
    operationId: id,
    summary: purpose,
    description: `For: ${who.join(', ')}.`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(shape.body === undefined
      ? {}
      : { requestBody: { required: true, content: contentOf([shape.body], components) } }),
    responses: responsesOf(shape, components),
    security: open ? [{}, { bearer: [] }, { cookie: [] }] : [{ bearer: [] }, { cookie: [] }],
  }
}

function responsesOf(shape, components) {
  const content = {
    ...contentOf([shape.answer].flat(), components, shape.events),
    ...(shape.progress === undefined ? {} : linesOf(shape, components)),
  }
  const done = [shape.status ?? 200].flat().map((status) => [status, { description: 'Done.', content }])
  return {
    ...Object.fromEntries(done),
    default: {
      description: 'Refused, and why.',
      content: { 'application/problem+json': { schema: { $ref: components.take(PROBLEM) } } },
    },
  }
}

/** By media type: what is no reference into schemas/ is one. */
function contentOf(shapes, components, events = {}) {
  return Object.fromEntries(
    shapes.map((shape) => {
      if (shape.includes('.schema.json'))
        return ['application/json', { schema: { $ref: components.take(shape) } }]
      if (shape === 'text/event-stream') return [shape, { schema: eventsOf(events, components) }]
      return [shape, shape.startsWith('text/') ? { schema: { type: 'string' } } : {}]
    }),
  )
}

/** OpenAPI 3.1 has no words for a stream: the schema is that of one event, by its name. */
function eventsOf(events, components) {
  return {
    description: 'Server-sent events: the JSON of `data`, by the name of the event.',
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(events).map(([name, shape]) => [name, { $ref: components.take(shape) }]),
    ),
    additionalProperties: false,
  }
}

function linesOf({ answer, progress }, components) {
  const line = (name, shape) => ({
    type: 'object',
    properties: { [name]: { $ref: components.take(shape) } },
    required: [name],
    additionalProperties: false,
  })
  return {
    'application/x-ndjson': {
      schema: {
        description:
          'Each line, to who accepts lines: progress as it is made, at last the result or the problem.',
        oneOf: [
          ...(progress === 'silent' ? [] : [line('progress', progress)]),
          line('result', answer),
          line('problem', PROBLEM),
        ],
      },
    },
  }
}

/** The schemas a document needs, under names of their own. */
class Components {
  #schemas
  #taken = new Map()

  constructor(schemas) {
    this.#schemas = schemas
  }

  /** @returns the reference to use instead of one into schemas/ */
  take(reference) {
    const [file, pointer = ''] = reference.split('#')
    const name = `${file.replace('.schema.json', '')}${pointer.replace('/$defs/', '.')}`
    if (!this.#taken.has(name)) {
      const whole = this.#schemas.get(file)
      if (!whole) throw new Error(`There is no schema ${file}`)
      const found = pointer === '' ? whole : whole.$defs[pointer.replace('/$defs/', '')]
      if (!found) throw new Error(`There is no ${reference}`)
      this.#taken.set(name, {})
      const { $schema: _schema, $id: _id, $defs: _defs, ...schema } = found
      this.#taken.set(name, this.#rewritten(schema, file))
    }
    return `#/components/schemas/${name}`
  }

  sorted() {
    return Object.fromEntries([...this.#taken].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  #rewritten(value, file) {
    if (Array.isArray(value)) return value.map((one) => this.#rewritten(one, file))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) =>
        key === '$ref' && typeof inner === 'string'
          ? [key, this.take(inner.startsWith('#') ? file + inner : inner)]
          : [key, this.#rewritten(inner, file)],
      ),
    )
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [name, document] of Object.entries(await openApiDocuments()))
    await writeFile(
      fileURLToPath(new URL(`docs/openapi-${name}.json`, root)),
      `${JSON.stringify(document, null, 2)}\n`,
    )
}
