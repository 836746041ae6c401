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
          const children: ChildProcess[] = []
          const stopped = untilStopped()
          try {
            const addresses = await begin(folder, children, context)
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
            await Promise.race([stopped, ...children.map((child) => once(child, 'exit'))])
          } finally {
            await end(children)
            await rm(folder, { recursive: true, force: true })
          }
        },
        (options) => options,
      ),
    )
}

async function begin(folder: string, children: ChildProcess[], context: CommandContext) {
  const data = (name: string): string => join(folder, name)
  const serve = async (args: string[], preferred: number): Promise<string> => {
    const child = start([...args, '--port', String(await freePort(preferred)), '--json'])
    children.push(child)
    return addressOf(child)
  }
  const relay = await serve(['relay', 'serve', '--data', data('relay')], PREFERRED_PORTS.relay)
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

function start(args: readonly string[]): ChildProcess {
  const [, script = ''] = process.argv
  return spawn(process.execPath, [...process.execArgv, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs a command to its end and returns what it printed. */
async function run(args: readonly string[]): Promise<string> {
  const child = start([...args, '--json'])
  let output = ''
  let errors = ''
  child.stdout?.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr?.on('data', (data: Buffer) => (errors += data.toString()))
  const [code] = (await once(child, 'close')) as [number]
  if (code !== 0)
    throw new Error(`counterfoil ${args.slice(0, 2).join(' ')} ended with ${code}: ${errors.trim()}`)
  return output
}

/** The address a serving process prints when it is ready. */
async function addressOf(child: ChildProcess): Promise<string> {
  let errors = ''
  child.stderr?.on('data', (data: Buffer) => (errors = (errors + data.toString()).slice(-4_000)))
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      return (JSON.parse(line) as { url: string }).url
    }
  }
  throw new Error(`A process of the demo did not start: ${errors.trim()}`)
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

async function end(children: readonly ChildProcess[]): Promise<void> {
  // The terminals first, so that they say goodbye to a relay that is still there.
  for (const child of children.toReversed()) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
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
