import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ControlFile, RelayConfig } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { Refused } from '../protocol/problem.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import { isLocked, type DirectoryKind } from '../storage/data-directory.js'
import { DirectoryInUse } from '../storage/directory-errors.js'
import { kindOfDirectory } from '../storage/directory-kind.js'
import type { Agent } from '../terminal/agent.js'
import { ServiceClient } from './client.js'
import { makeLogger } from './logger.js'
import { outside } from './outside.js'

/** What runs over a data directory, in this process. */
export interface Running {
  readonly url: string
  stop(): Promise<void>
}

const CONTROL = 'control.json'

/** Tells commands run on this machine where to find a process, for as long as it runs. */
async function announced(
  directory: string,
  served: Running,
  address: Pick<ControlFile, 'url' | 'token'>,
): Promise<Running> {
  const file: ControlFile = { ...address, pid: process.pid }
  try {
    await writeChecked(outside.disk, join(directory, CONTROL), file)
  } catch (error) {
    await served.stop()
    throw error
  }
  return {
    url: served.url,
    stop: () => withdraw(directory).finally(() => served.stop()),
  }
}

async function withdraw(directory: string): Promise<void> {
  await outside.disk.unlink(join(directory, CONTROL)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

export interface RelayStart {
  readonly directory: string
  readonly create: boolean
  readonly host: string
  readonly port: number
  readonly config: RelayConfig
  readonly tls?: { readonly cert: string; readonly key: string } | undefined
  readonly quiet: boolean
}

// What serves a directory is loaded when it is needed: most commands only talk to a process that has it already.

export async function startRelay(start: RelayStart): Promise<Running> {
  const [{ Relay }, { serveRelay }] = await Promise.all([
    import('../relay/relay.js'),
    import('../relay/serve.js'),
  ])
  const directory = resolve(start.directory)
  const relay = await Relay.open({
    directory,
    create: start.create,
    config: start.config,
    ...outside,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    log: makeLogger('relay', start.quiet),
  })
  const adminToken = randomBytes(32).toString('base64url')
  const { host, port, tls, config } = start
  const served = await serveRelay(relay, {
    host,
    port,
    tls,
    adminToken,
    hosts: config.hosts,
    proxies: config.proxies,
    metricsToken: config.metricsToken,
  }).catch(async (error: unknown) => {
    await relay.close()
    throw error
  })
  relay.readers.makeReady()
  return announced(directory, served, { url: served.control, token: adminToken })
}

export async function startTerminal(
  dataDirectory: string,
  port: number,
  quiet: boolean,
): Promise<Running & { readonly agent: Agent }> {
  const [{ Agent }, { serveTerminal }] = await Promise.all([
    import('../terminal/agent.js'),
    import('../terminal/serve.js'),
  ])
  const directory = resolve(dataDirectory)
  const agent = await Agent.open({ directory, outside, log: makeLogger('terminal', quiet) })
  const secret = randomBytes(32).toString('base64url')
  const served = await serveTerminal(agent, { port, secret, outside }).catch(async (error: unknown) => {
    await agent.stop()
    throw error
  })
  return { agent, ...(await announced(directory, served, { url: served.url, token: secret })) }
}

/** A process that has just locked the directory tells its address within moments. */
const ANNOUNCE_MS = 10_000
const LOOK_AGAIN_MS = 50

/** The running process of a directory; undefined when nobody holds it. */
async function running(directory: string): Promise<ServiceClient | undefined> {
  for (let waited = 0; await isLocked(directory, outside.disk); waited += LOOK_AGAIN_MS) {
    const file = await readChecked(outside.disk, join(directory, CONTROL))
    if (file !== undefined) {
      validate<ControlFile>('data-files.schema.json#/$defs/ControlFile', file, `file ${CONTROL}`)
      if (isAlive(file.pid)) return new ServiceClient(file.url, file.token)
    }
    if (waited > ANNOUNCE_MS) {
      throw new Refused(
        'conflict',
        'directory-in-use',
        `${directory} is in use by a process that cannot be talked to. End it first.`,
      )
    }
    await delay(LOOK_AGAIN_MS)
  }
  return undefined
}

/** A control file may be left from a process that was killed, while the next one is just starting. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Runs a command against a data directory: through the process that holds it, or else by opening it here.
 * @param create make a relay's directory when there is none
 */
export async function withService<R>(
  dataDirectory: string,
  work: (client: ServiceClient, kind: DirectoryKind) => Promise<R>,
  create?: 'relay',
): Promise<R> {
  const directory = resolve(dataDirectory)
  const kind = (await kindOfDirectory(directory, outside.disk)) ?? create
  const start = (): Promise<Running> =>
    kind === 'relay'
      ? startRelay({
          directory,
          create: create === 'relay',
          host: '127.0.0.1',
          port: 0,
          config: {},
          quiet: true,
        })
      : startTerminal(directory, 0, true)
  let here: Running | undefined
  for (let waited = 0; !here; waited += LOOK_AGAIN_MS) {
    const client = kind && (await running(directory))
    try {
      if (client) return await work(client, kind)
      here = await start()
    } catch (error) {
      if (waited > ANNOUNCE_MS || !isMomentary(error, client)) throw error
      await delay(LOOK_AGAIN_MS)
    }
  }
  try {
    const control = await readChecked(outside.disk, join(directory, CONTROL))
    validate<ControlFile>('data-files.schema.json#/$defs/ControlFile', control, `file ${CONTROL}`)
    return await work(new ServiceClient(control.url, control.token), kind ?? 'terminal')
  } finally {
    await here.stop()
  }
}

/** Whether another command was in the way for a moment, by ending before it answered or by being quicker to begin. */
function isMomentary(error: unknown, client: ServiceClient | undefined): boolean {
  if (client) return !client.answered && error instanceof Refused && error.code === 'service-lost'
  return error instanceof DirectoryInUse
}

/** As {@link withService}, for commands that only one kind of directory knows; one of another is not opened. */
export async function withKind<R>(
  dataDirectory: string,
  wanted: DirectoryKind,
  work: (client: ServiceClient) => Promise<R>,
  create?: 'relay',
): Promise<R> {
  const kind = await kindOfDirectory(resolve(dataDirectory), outside.disk)
  if (kind !== undefined && kind !== wanted) {
    throw new Refused(
      'invalid',
      'directory-of-another-kind',
      `${dataDirectory} is the directory of a ${kind}, not of a ${wanted}. Check the path.`,
    )
  }
  return withService(dataDirectory, work, create)
}
