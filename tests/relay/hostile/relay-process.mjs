// A relay in a process of its own that is asked over IPC how large it is and how late its event loop was.
import { randomBytes } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Relay } from '../../../dist/relay/relay.js'
import { serveRelay } from '../../../dist/relay/serve.js'
import { nodeDisk } from '../../../dist/storage/disk.js'

const NS_IN_MS = 1e6
const silent = { info() {}, warn() {}, error() {} }
const relay = await Relay.open({
  directory: process.argv[2],
  create: true,
  config: {},
  disk: nodeDisk,
  now: () => new Date(),
  random: (bytes) => new Uint8Array(randomBytes(bytes)),
  timeZone: 'Asia/Kolkata',
  log: silent,
})
// Ten thousand connections of one address are a test's own; that they are held back is shown elsewhere.
const served = await serveRelay(relay, {
  host: '127.0.0.1',
  port: 0,
  adminToken: 'operator-token-for-tests',
  limits: { unproven: { perSecond: 1e6, burst: 1e6 } },
})
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()

const answers = {
  url: () => served.url,
  relayId: () => relay.identity.id,
  pair: ({ shop, name, role }) => relay.pairings.create(shop, name, role),
  /** As many as are asked for, as if the terminal had proven its key so many times. */
  tickets: ({ identity, count }) =>
    Array.from({ length: count }, () => relay.sessions.begin(identity).ticket),
  incidents: () => relay.incidents.list(),
  heads: async ({ id }) => {
    const handle = await relay.durable.open(id)
    return handle ? handle.heads() : undefined
  },
  /** RSS in bytes after a collection; the longest delay of the event loop since the last time, in ms. */
  measure: () => {
    globalThis.gc?.()
    const lag = { max: delay.max / NS_IN_MS, p99: delay.percentile(99) / NS_IN_MS }
    delay.reset()
    return { rss: process.memoryUsage.rss(), ...lag }
  },
}

process.on('message', async ({ serial, ask, about }) => {
  process.send({ serial, answer: await answers[ask](about ?? {}) })
})
process.on('disconnect', () => process.exit())
