import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PIECE = 256 * 1024
const NEWLINE = 0x0a

/** Lines in a file of this process alone, which goes with it. */
export class FileSpool {
  readonly #folder = fs.mkdtempSync(join(tmpdir(), 'counterfoil-'))
  readonly #path = join(this.#folder, 'lines')
  readonly #file = fs.openSync(this.#path, 'wx+', 0o600)
  #held: string[] = []
  #length = 0

  constructor() {
    // Where an open file may be unlinked it is, so that nothing stays behind whatever ends this process.
    if (process.platform !== 'win32') this.#remove()
  }

  add(line: string): void {
    this.#held.push(line, '\n')
    this.#length += line.length
    if (this.#length > PIECE) this.#write()
  }

  #write(): void {
    fs.writeSync(this.#file, this.#held.join(''))
    this.#held = []
    this.#length = 0
  }

  *lines(): Generator<string> {
    this.#write()
    const buffer = Buffer.alloc(PIECE)
    let held: Buffer[] = []
    for (let at = 0, read = 0; (read = fs.readSync(this.#file, buffer, 0, PIECE, at)) > 0; at += read) {
      let from = 0
      for (let end = 0; (end = buffer.subarray(0, read).indexOf(NEWLINE, from)) >= 0; from = end + 1) {
        yield Buffer.concat([...held, buffer.subarray(from, end)]).toString('utf8')
        held = []
      }
      held.push(Buffer.from(buffer.subarray(from, read)))
    }
  }

  close(): void {
    fs.closeSync(this.#file)
    this.#remove()
  }

  #remove(): void {
    fs.rmSync(this.#folder, { recursive: true, force: true })
  }
}
