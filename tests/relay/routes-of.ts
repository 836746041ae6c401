import type { Express } from 'express'
import type { RouteEntry } from '../../src/relay/access-table.js'

interface Layer {
  readonly name: string
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> }
}

/** What express has: its routes as `GET /path`, and the names of the middleware around them, in order. */
export function routesOf(app: Express): { routes: string[]; middleware: string[] } {
  const { stack } = app.router as unknown as { stack: readonly Layer[] }
  const routes: string[] = []
  const middleware: string[] = []
  for (const { name, route } of stack) {
    if (!route) middleware.push(name)
    else routes.push(...Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`))
  }
  return { routes, middleware }
}

/** What runs before and after every route. Anything else may answer by itself, and hide routes. */
export const MIDDLEWARE = ['helmetMiddleware', 'browsersGuard', 'notStored', 'notFound', 'problemsHandler']

/**
 * What is wrong with the routes of an app: those without an entry in the access table or without a row in the matrix,
 * entries and rows without a route, a route that is there twice, and middleware nobody knows.
 */
export function wrongWith(
  app: Express,
  table: Readonly<Record<string, RouteEntry>>,
  rows: readonly string[],
): string[] {
  const { routes, middleware } = routesOf(app)
  const entries = Object.values(table).map(({ method, path }) => `${method} ${path}`)
  const lacking = (list: readonly string[], names: readonly string[], what: string): string[] =>
    names.filter((name) => !list.includes(name)).map((name) => `${name} ${what}`)
  return [
    ...lacking(entries, routes, 'has no entry in the access table'),
    ...lacking(rows, routes, 'has no row in the matrix'),
    ...lacking(routes, entries, 'has an entry and no route'),
    ...lacking(routes, rows, 'has a row and no route'),
    ...routes.filter((name, index) => routes.indexOf(name) !== index).map((name) => `${name} is there twice`),
    ...(middleware.join() === MIDDLEWARE.join() ? [] : [`the middleware is ${middleware.join(', ')}`]),
  ]
}
