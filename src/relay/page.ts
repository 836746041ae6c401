import { fileURLToPath } from 'node:url'
import type { Response } from 'express'
import { Refused } from '../protocol/problem.js'
import type { Routes } from './routes.js'

const FOLDER = fileURLToPath(new URL('./web', import.meta.url))
const FILE = /^[a-z][a-z-]{0,40}\.(?:js|css|svg)$/

/** The page of people, and its files. */
export function pageRoutes(routes: Routes): void {
  routes.on('page', (_request, response) => send(response, 'index.html'))
  routes.on('pageFile', (request, response) => {
    const file = String(request.params['file'])
    if (!FILE.test(file)) throw noSuchFile(file)
    return send(response, file)
  })
}

function send(response: Response, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.sendFile(
      file,
      { root: FOLDER, cacheControl: false, headers: { 'cache-control': 'no-cache' } },
      (error) => {
        if (!error || response.headersSent) resolve()
        else reject(noSuchFile(file))
      },
    )
  })
}

function noSuchFile(file: string): Refused {
  return new Refused('notFound', 'no-such-file', `There is no page file ${file} here.`)
}
