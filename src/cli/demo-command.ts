import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import type { PairingResponse } from '../docs/generated/types.js'
import { action, untilStopped, withJson, type CommandContext, type Common } from './context.js'
import { DEMO_CATALOGUE } from './demo-catalogue.js'
import { EXIT } from './exit.js'

const SHOP = 'Demo Shop'
const PREFERRED_PORTS = { relay: 8700, first: 8701, second: 8702 } as const

export function demoCommand(program: Command): void {
  withJson(program.command('demo'))
    .description(
      'a relay and two paired terminals in a temporary folder, with a sample catalogue, until you stop it',
    )
    .option('--headless', 'do not open the first terminal’s page in a browser')
    .action(
      action(
        async (context, options: Common & { headless?: boolean }) => {
          const folder = await mkdtemp(join(tmpdir(), 'counterfoil-demo-'))
          const children = new Children()
          const stopped = untilStopped()
          try {
            const addresses = await Promise.race([begin(folder, children, context), stopped, children.fallen])
            if (typeof addresses === 'string') return EXIT.ok
            context.print(
              { ...addresses, folder },
              [
                `Relay:      ${addresses.relay}`,
                `Terminal 1: ${addresses.terminals[0]}  (manager)`,
                `Terminal 2: ${addresses.terminals[1]}`,
                `Data:       ${folder} (deleted when the demo ends)`,
                'Stop with Ctrl+C.',
              ].join('\n'),
            )
            if (options.headless !== true) openBrowser(addresses.terminals[0] ?? '')
            await Promise.race([stopped, children.fallen])
            return EXIT.ok
          } finally {
            await children.end()
            await rm(folder, { recursive: true, force: true })
          }
        },
        (options) => options,
      ),
    )
}

interface Child {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
}

interface Ended {
  readonly args: readonly string[]
  readonly how: string
  readonly stdout: string
  readonly errors: string
}

async function begin(folder: string, children: Children, context: CommandContext) {
  const data = (name: string): string => join(folder, name)
  const run = async (args: string[]): Promise<string> => {
    const ended = await children.start([...args, '--json']).ended
    if (ended.how !== 'code 0') throw failure(ended)
    return ended.stdout
  }
  const serve = async (args: string[], preferred: number): Promise<string> => {
    const port = await freePort(preferred)
    return addressOf(children.serve([...args, '--port', String(port), '--json']))
  }
  const relay = await serve(['relay', 'serve', '--data', data('relay')], PREFERRED_PORTS.relay)
  context.say(`The relay runs at ${relay}.`)
  const terminals: string[] = []
  for (const [name, role, port] of [
    ['T01', 'manager', PREFERRED_PORTS.first],
    ['T02', 'till', PREFERRED_PORTS.second],
  ] as const) {
    const pairing = await run([
      'relay',
      'pair',
      '--data',
      data('relay'),
      '--shop',
      SHOP,
      '--terminal',
      name,
      '--role',
      role,
    ])
    const { code } = JSON.parse(pairing) as PairingResponse
    await run(['terminal', 'pair', '--data', data(name), '--relay', relay, '--code', code])
    if (role === 'manager') {
      const file = join(folder, 'catalogue.csv')
      await writeFile(file, DEMO_CATALOGUE)
      await run(['catalogue', 'import', '--data', data(name), '--file', file])
      await run(['terminal', 'sync', '--data', data(name)])
    }
    context.say(`${name} is paired.`)
    terminals.push(await serve(['terminal', 'serve', '--data', data(name)], port))
  }
  return { relay, terminals }
}

/** How much of what a process says is kept, to tell why it ended. */
const KEPT = 4_000

/** The processes of the demo that run, in the order they were started. */
class Children {
  /** Rejects when a process that serves ends by itself. */
  readonly fallen: Promise<never>
  readonly #running = new Set<Child>()
  #ending = false
  #fell: (ended: Ended) => void = () => undefined

  constructor() {
    this.fallen = new Promise((_resolve, reject) => (this.#fell = (ended) => reject(failure(ended))))
  }

  start(args: readonly string[]): Child {
    // A step of the beginning may still be under way when the demo ends.
    if (this.#ending) throw new Error('The demo is ending.')
    const [, script = ''] = process.argv
    const child = startChild([...process.execArgv, script, ...args], args)
    this.#running.add(child)
    void child.ended.then(() => this.#running.delete(child))
    return child
  }

  serve(args: readonly string[]): Child {
    const child = this.start(args)
    void child.ended.then((ended) => this.#fell(ended))
    return child
  }

  async end(): Promise<void> {
    this.#ending = true
    // The terminals first, so that they say goodbye to a relay that is still there.
    for (const { process: child, ended } of [...this.#running].reverse()) {
      child.kill('SIGTERM')
      await ended
    }
  }
}

function startChild(command: readonly string[], args: readonly string[]): Child {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let errors = ''
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()))
  child.stderr.on('data', (data: Buffer) => (errors = (errors + data.toString()).slice(-KEPT)))
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => ({
    args,
    how: signal === null ? `code ${String(code)}` : String(signal),
    stdout,
    errors,
  }))
  return { process: child, ended }
}

function failure({ args, how, errors }: Ended): Error {
  return new Error(`counterfoil ${args.slice(0, 2).join(' ')} ended with ${how}: ${errors.trim()}`)
}

/** The address a serving process prints when it is ready. */
function addressOf({ process: { stdout }, ended }: Child): Promise<string> {
  return new Promise((resolve, reject) => {
    if (stdout)
      createInterface({ input: stdout }).once('line', (line) =>
        resolve((JSON.parse(line) as { url: string }).url),
      )
    ended.then((how) => reject(failure(how)), reject)
  })
}

/** The usual port if it is free, else any. */
async function freePort(preferred: number): Promise<number> {
  const probe = createServer()
  try {
    probe.listen(preferred, '127.0.0.1')
    await once(probe, 'listening')
    return preferred
  } catch {
    return 0
  } finally {
    probe.close()
  }
}

function openBrowser(url: string): void {
  const command =
    process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open'
  const child = spawn(command, [url], { stdio: 'ignore', detached: true })
  // Without a desktop there is no browser; the address was printed.
  child.on('error', () => undefined)
  child.unref()
}
