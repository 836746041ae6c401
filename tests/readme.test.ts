import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { demoCommand } from '../src/cli/demo-command.js'
import { EXIT } from '../src/cli/exit.js'
import { historyCommand } from '../src/cli/history-command.js'
import { logCommands } from '../src/cli/log-commands.js'
import { relayCommands } from '../src/cli/relay-commands.js'
import { replayCommand, reportCommands } from '../src/cli/report-commands.js'
import { slipCodeCommand } from '../src/cli/slip-code-command.js'
import { terminalCommands } from '../src/cli/terminal-commands.js'
import { verifyCommand } from '../src/cli/verify-command.js'
import { validate } from '../src/docs/validate.js'
import { KINDS } from '../src/protocol/problem.js'
import { VERSION } from '../src/protocol/version.js'
import { useProcesses } from './support/processes.js'
import { blocksOf, Reader } from './support/reader.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = join(root, 'dist/cli.js')
const readme = await readFile(join(root, 'README.md'), 'utf8')
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
  readonly bin: Record<string, string>
  readonly scripts: Record<string, string>
}

/** The names in backticks in the first column of the table under a line. */
function namesUnder(line: string): string[] {
  const table = readme.slice(readme.indexOf(line)).split('\n\n')[1] ?? ''
  return table
    .split('\n')
    .slice(2)
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
}

const commands = blocksOf(readme)
const START = 'npm ci && npm start'
const TEST = 'npm ci && npm test'

/** Dozens of processes, one after the other, on a machine that may have other work. Milliseconds. */
const LONG = 600_000

describe.concurrent('the commands of the README', { timeout: LONG }, () => {
  const processes = useProcesses('all')

  test('are found: the two of the beginning, and those that follow', () => {
    expect(commands.slice(0, 2).map(({ text }) => text)).toEqual([START, TEST])
    expect(commands.length).toBeGreaterThan(15)
    expect(readme.match(/^```sh/gm)).toHaveLength(commands.length)
  })

  test('do what the page says, in its order, and leave no file it does not name', async () => {
    const reader = await Reader.begin(processes)
    await reader.play(commands.slice(2))
    for (const [directory, table] of [
      ['data/T01', 'A terminal’s directory:'],
      ['data/relay', 'The relay’s directory:'],
    ] as const) {
      const names = namesUnder(table).map((name) => name.replace(/\/$/, ''))
      const found = await readdir(join(reader.folder, directory))
      expect(found.filter((name) => !names.includes(name) && !name.endsWith('.damaged'))).toEqual([])
      expect(found.length).toBeGreaterThan(8)
    }
  })

  test('of SECURITY.md do what it says, in its order', async () => {
    const security = await readFile(join(root, 'SECURITY.md'), 'utf8')
    const blocks = blocksOf(security)
    expect(security.match(/^```sh/gm)).toHaveLength(blocks.length)
    expect(blocks.length).toBeGreaterThan(5)
    await (await Reader.begin(processes)).play(blocks)
  })

  test('would not pass if they ended otherwise, or printed something else', async () => {
    const reader = await Reader.begin(processes)
    const lie = (markdown: string): Promise<void> => reader.play(blocksOf(markdown))
    await expect(lie('```sh\nnpx counterfoil terminal stauts\n```\n')).rejects.toThrow('unknown command')
    await expect(lie('```sh\nnpx counterfoil -V\n```\n\n```text\n9.9.9\n```\n')).rejects.toThrow(
      'does not print "9.9.9"',
    )
    await expect(lie('```sh\nnpx other -V\n```\n')).rejects.toThrow('ends with 127')
    await lie(`\`\`\`sh\nnpx counterfoil -V\n\`\`\`\n\n\`\`\`text\n${VERSION}\n\`\`\`\n`)
  })

  test(`${START} builds, starts the demo, prints its addresses, and ends with nothing left`, async () => {
    expect(manifest.scripts).toMatchObject({ prepare: 'npm run build', start: 'node dist/cli.js demo' })
    const demo = spawn(process.execPath, [cli, 'demo', '--headless'], { stdio: ['ignore', 'pipe', 'pipe'] })
    try {
      let printed = ''
      let errors = ''
      demo.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
      for await (const text of demo.stdout.setEncoding('utf8')) {
        printed += String(text)
        if (printed.includes('Ctrl+C')) break
      }
      const addresses = [...printed.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([address]) => address)
      expect(addresses, errors).toHaveLength(3)
      const [relay = '', ...terminals] = addresses
      expect((await fetch(`${relay}/readyz`)).status).toBe(200)
      for (const terminal of terminals)
        expect(await (await fetch(`${terminal}/index.js`)).text()).toContain('Sync Data To Server')
      const folder = /Data: +(\S+)/.exec(printed)?.[1] ?? ''
      await access(folder)
      const ended = once(demo, 'exit')
      demo.kill('SIGTERM')
      expect(await ended).toEqual([0, null])
      await expect(access(folder)).rejects.toThrow('ENOENT')
    } finally {
      demo.kill('SIGKILL')
    }
  })

  test(`${TEST} builds, and runs every test`, () => {
    expect(manifest.scripts).toMatchObject({ pretest: 'node scripts/built.mjs', test: 'vitest run' })
  })

  test('npx counterfoil is the command of this folder, without a network', async () => {
    expect(manifest.bin).toEqual({ counterfoil: 'dist/cli.js' })
    const cache = await processes.directory()
    const env = {
      ...process.env,
      npm_config_cache: cache,
      npm_config_offline: 'true',
      // The first npx in a folder builds it, which must not happen under the other tests.
      npm_config_ignore_scripts: 'true',
    }
    const printed = await new Promise((resolve, reject) => {
      execFile('npx', ['counterfoil', '-V'], { cwd: root, env }, (error, stdout) =>
        error ? reject(error) : resolve(stdout.trim()),
      )
    })
    expect(printed).toBe(VERSION)
  })
})

/** Every command with its options, as its help lists them. */
function helpOf(command: Command, path = ''): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const inner of command.commands) {
    const name = `${path}${inner.name()}`
    if (inner.commands.length === 0)
      found.set(
        name,
        inner.options.map(({ long }) => long ?? ''),
      )
    for (const entry of helpOf(inner, `${name} `)) found.set(...entry)
  }
  return found
}

function ourCommands(): Map<string, string[]> {
  const program = new Command('counterfoil')
  demoCommand(program)
  relayCommands(program)
  replayCommand(terminalCommands(program))
  reportCommands(program)
  historyCommand(program)
  slipCodeCommand(program)
  verifyCommand(program)
  logCommands(program)
  return helpOf(program)
}

describe('what the README says', () => {
  test('names every command, and no option that does not exist', () => {
    const help = ourCommands()
    for (const name of help.keys()) {
      expect(
        readme.includes(name === 'demo' ? 'npm start' : `${name} `) || readme.includes(`${name}\``),
        name,
      ).toBe(true)
    }
    const options = new Set(['--help', ...[...help.values()].flat()])
    const named = [...readme.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option)
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter((option) => !options.has(option))).toEqual([])
  })

  test('the exit codes are those there are', () => {
    const table = readme.slice(readme.indexOf('## Exit codes')).split('\n\n')[1] ?? ''
    const named = [...table.matchAll(/^\| (\d) \|/gm)].map(([, code]) => Number(code))
    const codes = new Set([...Object.values(EXIT), ...Object.values(KINDS).map(({ exit }) => exit)])
    expect(named).toEqual([...codes].sort((a, b) => a - b))
  })

  test('the config file is one the relay takes', () => {
    const [, json = ''] = /```json\n([\s\S]*?)```/.exec(readme) ?? []
    const config: unknown = JSON.parse(json)
    expect(() => validate('relay-config.schema.json', config, 'config of the README')).not.toThrow()
  })

  test.each([
    'README.md',
    'SECURITY.md',
    'docs/ACCESS.md',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'docs/AUDIT.md',
    'docs/FORMATS.md',
    'docs/PROMISES.md',
  ])('every file that %s names is there', async (page) => {
    const text = await readFile(join(root, page), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, path = '']) =>
      join(dirname(page), path),
    )
    const paths = [...text.matchAll(/`((?:src|tests|schemas|scripts|docs|examples)\/[\w./-]*)`/g)]
    for (const path of [...links, ...paths.map(([, path = '']) => path)])
      await expect(access(join(root, path)), path).resolves.toBeUndefined()
  })
})
