// A server of the least kind for the bench's own tests: what it is sent it appends to a file, fsynced, and gives back.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const [dir, loses] = process.argv.slice(2)
const path = join(dir, 'entries')
const file = openSync(path, 'a')

const server = createServer(async (request, response) => {
  if (request.method === 'POST') {
    const entries = JSON.parse(await text(request))
    // One that loses answers as if it had kept everything.
    const kept = loses === 'loses' ? entries.slice(1) : entries
    writeSync(file, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    fsyncSync(file)
    response.end('{}')
  } else {
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
    response.end(`[${lines.join()}]`)
  }
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ ready: true, port: server.address().port })))
process.once('SIGTERM', () => {
  closeSync(file)
  process.exit(0)
})
