// Turns schemas/*.schema.json into src/docs/generated/: the types (types.ts) and the schemas as a module
// (schemas.ts), so that running code needs no file access to validate.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { compile } from 'json-schema-to-typescript'

const source = new URL('../schemas/', import.meta.url)
const target = new URL('../src/docs/generated/', import.meta.url)

const names = (await readdir(source)).filter((name) => name.endsWith('.schema.json')).sort()
const schemas = new Map()
const ajv = new Ajv2020()
for (const name of names) {
  const schema = JSON.parse(await readFile(new URL(name, source), 'utf8'))
  if (schema.$id !== name) throw new Error(`schemas/${name}: $id must be "${name}"`)
  if (!ajv.validateSchema(schema)) throw new Error(`schemas/${name}: ${ajv.errorsText()}`)
  schemas.set(name, schema)
}

// One flat set of definitions, so that a shape that two files refer to becomes one type.
const definitions = {}
const add = (name, schema, file) => {
  if (name in definitions) throw new Error(`schemas/${file}: the name ${name} is defined twice`)
  definitions[name] = schema
}
for (const [file, { $schema: _schema, $id: _id, $defs, ...root }] of schemas) {
  for (const [name, schema] of Object.entries($defs ?? {})) add(name, schema, file)
  const isShape = ['type', 'oneOf', 'anyOf', '$ref', 'enum'].some((keyword) => keyword in root)
  if (isShape) add(root.title, root, file)
}

const flatten = (value) => {
  if (Array.isArray(value)) return value.map(flatten)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== '$ref') return [key, flatten(inner)]
      const [file, pointer] = inner.split('#')
      return [key, `#/definitions/${pointer ? pointer.replace('/$defs/', '') : schemas.get(file).title}`]
    }),
  )
}

const types = await compile({ title: 'Schemas', definitions: flatten(definitions) }, 'Schemas', {
  additionalProperties: false,
  bannerComment: '// Generated from schemas/ by `npm run generate`. Do not edit.',
  unreachableDefinitions: true,
  format: false,
  ignoreMinAndMaxItems: true,
})

const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))

await mkdir(target, { recursive: true })
await writeFile(new URL('types.ts', target), types)
await writeFile(
  new URL('schemas.ts', target),
  `// Generated from schemas/ by \`npm run generate\`. Do not edit.\n` +
    `export const schemas: readonly object[] = ${JSON.stringify([...schemas.values()], null, 1)}\n`,
)
await writeFile(
  new URL('version.ts', target),
  `// Generated from package.json by \`npm run generate\`. Do not edit.\nexport const VERSION = '${version}'\n`,
)
