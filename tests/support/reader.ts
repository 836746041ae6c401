import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../../src/cli/exit.js'
import { localDay } from '../../src/docs/business-day.js'
import { financialYear } from '../../src/docs/series.js'
import type { Processes, Served } from './processes.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cli = join(root, 'dist/cli.js')

/** A block of commands, with what the page says comes of it. */
export interface Block {
  readonly text: string
  readonly exit: number
  /** Lines that are printed, in this order, others between them; `…` stands for anything. */
  readonly output: readonly string[]
}

/** The ```sh blocks; a ```text block right after one is its output. */
export function blocksOf(markdown: string): Block[] {
  const fences = /^```sh(?: exit=(\d))?\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm
  return [...markdown.matchAll(fences)].map(([, exit = '0', text = '', output = '']) => ({
    text: text.trim(),
    exit: Number(exit),
    output: output.split('\n').filter((line) => line !== ''),
  }))
}

/** Of the shop that the page founds. */
const CALENDAR = { timeZone: 'Europe/London', dayStartsAt: '00:00', financialYearStart: '04-01' }

/** A page says what is not so. */
export class PageLies extends Error {
  constructor({ text }: Block, how: string, output: string) {
    super(`What the page shows ${how}:\n${text}\n${output}`)
    this.name = 'PageLies'
  }
}

/** What stands for the reader's own: filled in before a block is run. */
interface Own {
  code: string
  /** Addresses of the relays that are served: without TLS, and with it. */
  relay: string
  tls: string
}

function filledIn(text: string, { code, relay, tls }: Own): string {
  const year = financialYear(localDay(new Date(), CALENDAR), CALENDAR.financialYearStart)
  return text
    .replaceAll(/\bCODE\b/g, code)
    .replaceAll('http://192.168.1.10:8700', relay)
    .replaceAll('https://127.0.0.1:8700', tls)
    .replaceAll('/2526/', `/${year}/`)
}

/** The reader's folder: the page's commands run here, one block after the other, with real processes. */
export class Reader {
  readonly folder: string
  readonly #processes: Processes
  readonly #own: Own = { code: '', relay: '', tls: '' }
  readonly #served = new Map<string, Served>()
  readonly #ports = new Map<string, string>()
  #harmed = false

  private constructor(folder: string, processes: Processes) {
    this.folder = folder
    this.#processes = processes
  }

  static async begin(processes: Processes): Promise<Reader> {
    const folder = await processes.directory()
    await symlink(join(root, 'examples'), join(folder, 'examples'))
    // The reader's own certificate.
    await symlink(join(root, 'tests/support/tls/localhost.crt'), join(folder, 'relay.crt'))
    await symlink(join(root, 'tests/support/tls/localhost.key'), join(folder, 'relay.key'))
    // Stands in for npx, which takes seconds to find the command of its own folder; it has a test of its own.
    await mkdir(join(folder, 'bin'))
    await writeFile(
      join(folder, 'bin/npx'),
      `#!/bin/sh\n[ "$1" = counterfoil ] || exit 127\nshift\nexec "${process.execPath}" "${cli}" "$@"\n`,
    )
    await chmod(join(folder, 'bin/npx'), 0o755)
    return new Reader(folder, processes)
  }

  async play(blocks: readonly Block[]): Promise<void> {
    for (const block of blocks) await this.#run(block)
  }

  async #run(block: Block): Promise<void> {
    if (/ serve /.test(block.text)) return this.#serve(block)
    for (const [, data = ''] of block.text.matchAll(/^(?:cp|mv) .*?\b(data\/\w+)/gm)) await this.#stop(data)
    if (block.exit === EXIT.found && !this.#harmed) await this.#harm()
    const { code, output } = await this.#shell(filledIn(block.text, this.#own))
    if (code !== block.exit) throw new PageLies(block, `ends with ${code}, not with ${block.exit}`, output)
    this.#own.code = /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/m.exec(output)?.[0] ?? this.#own.code
    const lines = output.split('\n')
    const shown = block.output.map((line) => filledIn(line, this.#own))
    for (const line of shown) {
      const at = lines.findIndex((candidate) => patternOf(line).test(candidate))
      if (at < 0) throw new PageLies(block, `does not print "${line}" there`, output)
      lines.splice(0, at + 1)
    }
  }

  /** A command that runs on, alone in its block. Its port is free instead of the usual one, and the same again later. */
  async #serve(block: Block): Promise<void> {
    if (!/^npx counterfoil (relay|terminal) serve [^\n"']*$/.test(block.text))
      throw new PageLies(block, 'is not one command that serves, alone in its block', '')
    const args = block.text.split(' ').slice(2)
    const data = args[args.indexOf('--data') + 1] ?? ''
    const inFolder = args.map((arg) =>
      arg === data || /^relay\.(crt|key)$/.test(arg) ? join(this.folder, arg) : arg,
    )
    const served = await this.#processes.serve([...inFolder, '--port', this.#ports.get(data) ?? '0'])
    const { port } = new URL(served.url)
    this.#ports.set(data, port)
    this.#served.set(data, served)
    if (args[0] !== 'relay') return
    if (served.url.startsWith('https')) this.#own.tls = `https://127.0.0.1:${port}`
    else this.#own.relay = `http://127.0.0.1:${port}`
  }

  /** Before a directory is copied or moved, as the page says. */
  async #stop(data: string): Promise<void> {
    const served = this.#served.get(data)
    this.#served.delete(data)
    const ended = await served?.stop()
    if (ended && ended.code !== 0)
      throw new Error(
        `What served ${data} did not end in good order, but with ${ended.signal ?? `code ${ended.code}`}: ${ended.stderr}`,
      )
  }

  /** Before damage is spoken of for the first time: a bit flips in the largest file of the terminal's documents. */
  async #harm(): Promise<void> {
    this.#harmed = true
    const entries = await readdir(join(this.folder, 'data/T01/documents'), {
      recursive: true,
      withFileTypes: true,
    })
    const files = await Promise.all(
      entries
        .filter((entry) => entry.isFile())
        .map(async ({ parentPath, name }) => {
          const path = join(parentPath, name)
          return { path, size: (await stat(path)).size }
        }),
    )
    const { path } = files.reduce((largest, file) => (file.size > largest.size ? file : largest))
    const bytes = await readFile(path)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    await writeFile(path, bytes)
  }

  async #shell(script: string): Promise<{ code: number | null; output: string }> {
    const child = spawn('sh', ['-e', '-c', `exec 2>&1\n${script}`], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PATH: `${join(this.folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` },
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, output }
  }
}

function patternOf(line: string): RegExp {
  const parts = line.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`)
}
