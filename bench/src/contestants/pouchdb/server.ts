import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import expressPouchDB from 'express-pouchdb'
import PouchDB from 'pouchdb'
import { BACKLOG } from '../../peers/listening.js'
import { argumentsOf, ready, untilTerminated } from '../../server-process.js'

const { dir, port } = argumentsOf()
mkdirSync(dir, { recursive: true })
// The CouchDB protocol over PouchDB's LevelDB adapter, with the routes that replication needs.
const app = expressPouchDB(PouchDB.defaults({ prefix: join(dir, '/') }), {
  mode: 'minimumForPouchDB',
  inMemoryConfig: true,
})
const server = createServer(app)
// Terminals keep their connections over the pauses of a storm.
server.keepAliveTimeout = 60_000
server.listen({ port, host: '127.0.0.1', backlog: BACKLOG }, () =>
  ready((server.address() as AddressInfo).port),
)
untilTerminated(() => server.closeAllConnections())
