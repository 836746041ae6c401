import { createHash, type Hash } from 'node:crypto'
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { ExportFile } from '../generated/types.js'

/** More than a zip without its 64-bit extension can hold. */
export class ExportTooLarge extends Error {
  constructor(what: string) {
    super(
      `The export has more than ${what}, which a zip cannot hold. Export fewer days at a time, with --from and --to.`,
    )
    this.name = 'ExportTooLarge'
  }
}

const MOST_FILES = 65_535
const MOST_BYTES = 2 ** 32 - 1
/** Deflate's usual trade of time for size. */
const LEVEL = 6

/** Writes a zip front to back. What was written of it so far is taken from it piece by piece, and never held whole. */
export class ZipWriter {
  readonly #zip: Zip
  readonly #at: Date
  readonly #files: ExportFile[] = []
  #pieces: Uint8Array[] = []
  #bytes = 0
  #open:
    | {
        readonly name: string
        readonly file: ZipDeflate | ZipPassThrough
        readonly hash: Hash
        bytes: number
      }
    | undefined

  /** @param at the time all files bear */
  constructor(at: Date) {
    this.#at = at
    this.#zip = new Zip((error, piece) => {
      if (error) throw error
      this.#bytes += piece.length
      this.#pieces.push(piece)
    })
  }

  /**
   * Begins a file; the one before is finished.
   * @param isDeflated whether its bytes are deflated already
   * @throws ExportTooLarge
   */
  begin(name: string, isDeflated = false): void {
    this.#finish()
    if (this.#files.length >= MOST_FILES) throw new ExportTooLarge(`${MOST_FILES} files`)
    const file = isDeflated ? new ZipPassThrough(name) : new ZipDeflate(name, { level: LEVEL })
    file.mtime = this.#at
    this.#zip.add(file)
    this.#open = { name, file, hash: createHash('sha256'), bytes: 0 }
  }

  /** @throws ExportTooLarge */
  write(bytes: Uint8Array): void {
    const open = this.#open
    if (!open) throw new Error('No file was begun')
    open.hash.update(bytes)
    open.bytes += bytes.length
    if (Math.max(open.bytes, this.#bytes) > MOST_BYTES) throw new ExportTooLarge('4 GiB')
    // It is kept until it was deflated, and what it came from may be used again.
    open.file.push(Uint8Array.from(bytes))
  }

  /** The files that are finished, and with this call the last one as well. */
  get files(): readonly ExportFile[] {
    this.#finish()
    return this.#files
  }

  end(): void {
    this.#finish()
    this.#zip.end()
  }

  /** What was written since the last call. */
  *taken(): Generator<Uint8Array> {
    const pieces = this.#pieces
    this.#pieces = []
    yield* pieces
  }

  #finish(): void {
    const open = this.#open
    if (!open) return
    this.#open = undefined
    open.file.push(new Uint8Array(0), true)
    this.#files.push({ name: open.name, bytes: open.bytes, sha256: open.hash.digest('hex') })
  }
}
