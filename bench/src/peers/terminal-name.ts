import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'terminal.txt'

/** Notes in a terminal's folder who it is, for its till; makes the folder. */
export function nameTerminal(dir: string, terminal: string): void {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, FILE), terminal)
}

export function terminalName(dir: string): string {
  return readFileSync(join(dir, FILE), 'utf8')
}
