import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { validate } from '../docs/validate.js'
import { problemFor, Refused } from './problem.js'

/** Sends any error as application/problem+json. Both HTTP servers end with this. */
export function problems(onFailure: (error: unknown, request: Request) => void): ErrorRequestHandler {
  return function problemsHandler(error: unknown, request, response, next) {
    const problem = problemFor(fromParser(error))
    if (problem.status >= 500) onFailure(error, request)
    if (response.headersSent) {
      next(error)
      return
    }
    const { retryAfter } = problem
    if (typeof retryAfter === 'number') response.set('retry-after', String(retryAfter))
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
  }
}

/** Errors of the router and of the body parser carry a status of their own; the parser's also a type. */
function fromParser(error: unknown): unknown {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return error
  if (error.status < 400 || error.status >= 500) return error
  if (error.status === 413) return new Refused('tooLarge', 'body-too-large', 'The request body is too large.')
  return 'type' in error
    ? new Refused('invalid', 'not-json', `The request body is not JSON: ${error.message}`)
    : new Refused('invalid', 'bad-request', `The request cannot be understood: ${error.message}`)
}

/** The last route: what is asked for does not exist. */
export const notFound: RequestHandler = (request) => {
  throw new Refused('notFound', 'no-such-route', `There is no ${request.method} ${request.path} here.`)
}

/**
 * The request's JSON body, checked against a schema.
 * @throws Refused, InvalidInput
 */
export function bodyOf<T>(request: Request, reference: string): T {
  const body: unknown = request.body
  if (body === undefined) {
    throw new Refused('invalid', 'not-json', 'A JSON body is needed, sent as Content-Type: application/json.')
  }
  validate<T>(reference, body, 'request body')
  return body
}

/** A query parameter that stands once, or undefined. */
export function queryOf(request: Request, name: string): string | undefined {
  const value = request.query[name]
  if (value === undefined) return undefined
  if (typeof value !== 'string')
    throw new Refused('invalid', 'invalid-query', `The query parameter "${name}" must stand once.`)
  return value
}

/**
 * Runs long work and tells of it: as one JSON answer, or, where the client accepts application/x-ndjson, as lines
 * `{"progress":…}` that end with `{"result":…}` or `{"problem":…}`. The work is told to stop when the client goes.
 */
export async function answerLong<P, R>(
  request: Request,
  response: Response,
  work: (progress: (event: P) => void, signal: AbortSignal) => Promise<R>,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  if (!request.accepts('application/json') || request.get('accept')?.includes('application/x-ndjson')) {
    response.status(200).type('application/x-ndjson')
    response.flushHeaders()
    const line = (value: unknown): void => {
      response.write(`${JSON.stringify(value)}\n`)
    }
    try {
      line({ result: await work((event) => line({ progress: event }), gone.signal) })
    } catch (error) {
      line({ problem: problemFor(error) })
    }
    response.end()
    return
  }
  response.json(await work(() => undefined, gone.signal))
}
