import { createHash } from 'node:crypto'
import type { DiskFile } from './disk.js'

/*
 * One line per entry: the first 16 hex digits of SHA-256 over the JSON, a space, the JSON, LF.
 */
const CHECK_LENGTH = 16
const SPACE = 0x20
const LINE_END = 0x0a
const READ_BYTES = 64 * 1024
/** Far above any entry; it bounds what a file without line ends can make us hold. */
export const LINE_BYTES = 16 * 1024 * 1024

/**
 * `no-line-end`: the file ends within the line, as a cut append leaves it. `line-end`: all of the line is there, and its
 * last byte is another one.
 */
export type LineDamage = 'no-line-end' | 'line-end' | 'checksum' | 'not-json' | 'too-long'

/** A line of the file, either an entry or damage. Position and length in bytes, the length with the line end. */
export type Line = { readonly number: number; readonly position: number; readonly length: number } & (
  { readonly damage: LineDamage } | { readonly damage?: undefined; readonly entry: unknown }
)

/** @throws TypeError for what JSON cannot express, or what is too long */
export function encodeLine(entry: unknown): Uint8Array {
  const json: string | undefined = JSON.stringify(entry)
  if (json === undefined) throw new TypeError('An entry must be something that JSON can express')
  const line = Buffer.from(`${checkOf(json)} ${json}\n`)
  if (line.length > LINE_BYTES) throw new TypeError(`An entry must be shorter than ${LINE_BYTES} bytes`)
  return line
}

/** The lines of a file in order; of the file no more than one line is held. */
export async function* readLines(file: Pick<DiskFile, 'read'>): AsyncGenerator<Line> {
  const buffer = Buffer.alloc(READ_BYTES)
  let held: Buffer[] = []
  let number = 1
  let position = 0
  let length = 0
  const hold = (bytes: Buffer): void => {
    length += bytes.length
    if (length <= LINE_BYTES) held.push(Buffer.from(bytes))
    else held = []
  }
  const take = (): Line => {
    const line = { number, position, length, ...decodeLine(Buffer.concat(held), length) }
    number += 1
    position += length
    held = []
    length = 0
    return line
  }
  for (let at = 0, read = 0; (read = await file.read(buffer, at)) > 0; at += read) {
    for (let from = 0; from < read;) {
      const end = buffer.subarray(0, read).indexOf(LINE_END, from)
      const to = end === -1 ? read : end + 1
      hold(buffer.subarray(from, to))
      if (end !== -1) yield take()
      from = to
    }
  }
  if (length > 0) yield take()
}

/** Reads single lines of a file; what lies close together is read once. */
export class LineReader {
  readonly #file: DiskFile
  #window: Buffer = Buffer.alloc(0)
  #at = 0

  constructor(file: DiskFile) {
    this.#file = file
  }

  /** The entry whose line begins at this position, in bytes; undefined where the line is damaged. */
  async entryAt(position: number): Promise<unknown> {
    for (let bytes = READ_BYTES; ; bytes *= 2) {
      const from = position - this.#at
      const end = from < 0 || from >= this.#window.length ? -1 : this.#window.indexOf(LINE_END, from)
      if (end !== -1) {
        const line = decodeLine(this.#window.subarray(from, end + 1), end + 1 - from)
        return 'entry' in line ? line.entry : undefined
      }
      if (bytes > 2 * LINE_BYTES) return undefined
      const window = Buffer.alloc(bytes)
      const read = await this.#file.read(window, position)
      // All of the file from here on is seen already.
      if (from === 0 && read <= this.#window.length) return undefined
      this.#window = window.subarray(0, read)
      this.#at = position
    }
  }
}

function decodeLine(line: Buffer, length: number): { damage: LineDamage } | { entry: unknown } {
  if (length > LINE_BYTES) return { damage: 'too-long' }
  const json = line.subarray(CHECK_LENGTH + 1, -1)
  const isSound = line[CHECK_LENGTH] === SPACE && line.toString('latin1', 0, CHECK_LENGTH) === checkOf(json)
  if (line.at(-1) !== LINE_END) return { damage: isSound ? 'line-end' : 'no-line-end' }
  if (!isSound) return { damage: 'checksum' }
  try {
    return { entry: JSON.parse(json.toString('utf8')) as unknown }
  } catch {
    return { damage: 'not-json' }
  }
}

function checkOf(json: string | Uint8Array): string {
  return createHash('sha256').update(json).digest('hex').slice(0, CHECK_LENGTH)
}
