// A terminal of the least kind for the bench's own tests. It cannot generate invoices, being no TypeScript: the ids and
// digests of those it is to make lie in a file.
import { mkdirSync, readFileSync } from 'node:fs'

const made = []
let at

const commands = {
  async open({ dir, server }) {
    mkdirSync(dir, { recursive: true })
    at = `http://${server.host}:${server.port}/`
  },
  async make() {
    made.push(...JSON.parse(readFileSync(process.env.COUNTERFOIL_BENCH_DOUBLE, 'utf8')))
    return { latenciesMs: made.map(() => 0.1) }
  },
  async sync() {
    const begun = performance.now()
    await fetch(at, { method: 'POST', body: JSON.stringify(made) })
    return { ms: performance.now() - begun }
  },
  async readBack({ server }) {
    return { entries: await (await fetch(`http://${server.host}:${server.port}/`)).json() }
  },
  async close() {},
}

process.on('message', async ({ id, do: name, with: argument }) => {
  try {
    process.send({ id, result: (await commands[name](argument)) ?? null })
  } catch (error) {
    process.send({ id, error: String(error) })
  }
})
process.on('disconnect', () => process.exit(1))
