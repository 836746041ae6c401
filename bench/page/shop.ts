import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** A relay and terminals as a person starts them: real processes, in a folder that is deleted in the end. */
export class Shop {
  readonly folder: string
  readonly #children: ChildProcess[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(): Promise<Shop> {
    return new Shop(await mkdtemp(join(tmpdir(), 'counterfoil-page-')))
  }

  /** Runs a command to its end. @returns what it prints as JSON */
  async run<T>(...args: readonly string[]): Promise<T> {
    const child = spawn(process.execPath, [CLI, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let errors = ''
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()))
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw new Error(`counterfoil ${args.slice(0, 2).join(' ')}: ${errors}`)
    return JSON.parse(out) as T
  }

  /** Starts a process that serves. @returns its address */
  async serve(...args: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, [CLI, ...args, '--port', '0', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#children.push(child)
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    return (JSON.parse(line) as { url: string }).url
  }

  relayData(): string {
    return join(this.folder, 'relay')
  }

  /** Pairs a terminal; its catalogue is read from a CSV file, where there is one. @returns its data directory */
  async pair(relay: string, shop: string, name: string, role: string, catalogue?: string): Promise<string> {
    const wanted = ['--shop', shop, '--terminal', name, '--role', role]
    const { code } = await this.run<{ code: string }>('relay', 'pair', '--data', this.relayData(), ...wanted)
    const data = join(this.folder, `${shop}-${name}`)
    await this.run('terminal', 'pair', '--data', data, '--relay', relay, '--code', code)
    if (catalogue !== undefined) {
      const file = join(this.folder, `${name}.csv`)
      await writeFile(file, catalogue)
      await this.run('catalogue', 'import', '--data', data, '--file', file)
    }
    await this.run('terminal', 'sync', '--data', data)
    return data
  }

  async close(): Promise<void> {
    // The terminals first, so that they say goodbye to a relay that is still there.
    for (const child of this.#children.toReversed()) {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
    }
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Asks a terminal's or relay's API. @throws Error with what was refused */
export async function ask<T>(url: string, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(new URL(path, url), {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = (await response.json()) as T & { detail?: string }
  if (!response.ok) throw new Error(`${method} ${path}: ${answer.detail ?? response.status}`)
  return answer
}
