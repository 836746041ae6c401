/** As much of an OpenAPI document as tests look at. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components?: { readonly schemas: Readonly<Record<string, Schema>> }
}

export interface Operation {
  readonly responses: Readonly<Record<string, ApiResponse>>
}

export interface ApiResponse {
  readonly content: Readonly<Record<string, { readonly schema?: Schema }>>
}

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly additionalProperties?: boolean | Schema
  readonly unevaluatedProperties?: boolean
}

/** What an operation answers, as `GET /v1/bills 200`, with the schema of its JSON. */
function jsonAnswers({
  paths,
}: ApiDocument): { readonly name: string; readonly schema: Schema | undefined }[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { responses }]) =>
      Object.entries(responses).flatMap(([status, { content }]) => {
        const answer = status.startsWith('2') ? content['application/json'] : undefined
        return answer ? [{ name: `${method.toUpperCase()} ${path} ${status}`, schema: answer.schema }] : []
      }),
    ),
  )
}

/** The answers of which a document says no more than that they are JSON, or an object. */
export function schemaless(document: ApiDocument): string[] {
  return jsonAnswers(document)
    .filter(({ schema }) => schema === undefined || saysNothing(schema))
    .map(({ name }) => name)
}

function saysNothing({ type: _type, ...said }: Schema): boolean {
  return Object.keys(said).length === 0
}

/** The places of answers where a member that nobody described would not be noticed. */
export function openGaps(document: ApiDocument): string[] {
  return jsonAnswers(document).flatMap(({ name, schema }) =>
    schema === undefined ? [] : [...gapsIn(document, schema, name, new Set(), false)],
  )
}

/** @param covered whether what it stands in says that there is nothing else */
function* gapsIn(
  document: ApiDocument,
  schema: Schema,
  at: string,
  seen: ReadonlySet<string>,
  covered: boolean,
): Generator<string> {
  const closed =
    covered || schema.unevaluatedProperties === false || schema.additionalProperties !== undefined
  const { $ref, properties, items, allOf = [], oneOf = [], additionalProperties } = schema
  if ($ref !== undefined) {
    if (!seen.has($ref))
      yield* gapsIn(document, resolved(document, $ref), at, new Set([...seen, $ref]), closed)
    return
  }
  if (schema.type === 'object' && (!closed || additionalProperties === true)) yield at
  for (const [name, inner] of Object.entries(properties ?? {}))
    yield* gapsIn(document, inner, `${at} ${name}`, seen, false)
  if (items) yield* gapsIn(document, items, `${at} []`, seen, false)
  if (typeof additionalProperties === 'object')
    yield* gapsIn(document, additionalProperties, `${at} {}`, seen, false)
  for (const one of allOf) yield* gapsIn(document, one, at, seen, closed)
  for (const one of oneOf) yield* gapsIn(document, one, at, seen, covered)
}

/** What a reference into `#/components/schemas/` means. */
export function resolved(document: ApiDocument, reference: string): Schema {
  const found = document.components?.schemas[reference.replace('#/components/schemas/', '')]
  if (!found) throw new Error(`There is no ${reference}`)
  return found
}
