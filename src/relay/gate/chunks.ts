import { createHash } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { ByteReader, Malformed } from '../../docs/byte-reader.js'
import { rowsOf } from './columns.js'

/** What a message may cost, whatever it says of itself. */
export interface ChunkLimits {
  /** Chunks in one message. */
  readonly chunks: number
  /** Bytes of all of them, inflated. */
  readonly inflatedBytes: number
  /** Bytes of one change, inflated. */
  readonly changeBytes: number
  /** Rows of all of them: operations, and changes of whole documents. */
  readonly rows: number
}

/** More than a limit allows. */
export class TooMuch extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'TooMuch'
  }
}

export type Chunk =
  | { readonly type: 'change'; readonly bytes: Uint8Array; readonly hash: string }
  | { readonly type: 'document'; readonly bytes: Uint8Array }

const MAGIC = Uint8Array.of(0x85, 0x6f, 0x4a, 0x83)
const CHECKSUM_BYTES = 4
const TYPE_BYTES = 1
const TYPE = { document: 0, change: 1, compressed: 2 } as const
/** The bit of a column's number that says that it is deflated. */
const DEFLATED = 0x08

/**
 * The chunks of saved Automerge bytes, each with a right checksum, none larger or longer than the limits when it is
 * unfolded. Compressed and run-length coded parts are measured here, before Automerge unfolds them: 300 KB may
 * inflate to 300 MB, and 178 bytes may stand for a million list items.
 * @throws Malformed, TooMuch
 */
export function chunksOf(blobs: readonly Uint8Array[], limits: ChunkLimits): Chunk[] {
  const budget = new Budget(limits)
  // How many there are is told by their heads alone, before anything is kept of them.
  for (const blob of blobs) countChunks(blob, budget)
  const chunks: Chunk[] = []
  for (const blob of blobs) {
    const reader = new ByteReader(blob)
    while (reader.left > 0) chunks.push(readChunk(reader, blob, budget))
  }
  return chunks
}

function countChunks(blob: Uint8Array, budget: Budget): void {
  const reader = new ByteReader(blob)
  if (reader.left === 0) throw new Malformed('it has an empty chunk')
  while (reader.left > 0) {
    budget.chunk()
    reader.skip(MAGIC.length + CHECKSUM_BYTES + TYPE_BYTES)
    reader.skip(reader.unsigned())
  }
}

class Budget {
  readonly #limits: ChunkLimits
  #chunks = 0
  #bytes = 0
  #rows = 0

  constructor(limits: ChunkLimits) {
    this.#limits = limits
  }

  chunk(): void {
    this.#chunks += 1
    if (this.#chunks > this.#limits.chunks)
      throw new TooMuch(`it has more than ${this.#limits.chunks} chunks`)
  }

  bytes(count: number): void {
    this.#bytes += count
    if (this.#bytes > this.#limits.inflatedBytes) throw this.#tooLarge()
  }

  inflateChange(bytes: Uint8Array): Uint8Array {
    return this.inflate(bytes, this.#limits.changeBytes)
  }

  /** Counts against the bytes as well. */
  inflate(bytes: Uint8Array, most: number = this.#limits.inflatedBytes): Uint8Array {
    const left = Math.min(most, this.#limits.inflatedBytes - this.#bytes)
    if (left < 1) throw this.#tooLarge()
    try {
      const inflated = inflateRawSync(bytes, { maxOutputLength: left })
      this.bytes(inflated.length)
      return inflated
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw this.#tooLarge(left)
      if (error instanceof TooMuch) throw error
      throw new Malformed('what it compressed cannot be inflated')
    }
  }

  rows(count: number): void {
    this.#rows += count
    if (this.#rows > this.#limits.rows) throw new TooMuch(`it has more than ${this.#limits.rows} rows`)
  }

  /** Rows one more column may have. */
  get rowsLeft(): number {
    return this.#limits.rows - this.#rows
  }

  #tooLarge(most: number = this.#limits.inflatedBytes): TooMuch {
    return new TooMuch(`it unfolds to more than ${most} bytes`)
  }
}

function readChunk(reader: ByteReader, blob: Uint8Array, budget: Budget): Chunk {
  const start = reader.position
  if (!MAGIC.every((byte) => reader.byte() === byte)) throw new Malformed('a chunk does not begin as one')
  const checksum = reader.take(CHECKSUM_BYTES)
  const headStart = reader.position
  const type = reader.byte()
  const data = reader.take(reader.unsigned())
  const bytes = blob.subarray(start, reader.position)
  if (type === TYPE.compressed) {
    const inflated = budget.inflateChange(data)
    const hash = checked(checksum, changeHead(inflated.length), inflated)
    measureChange(inflated, budget)
    return { type: 'change', bytes, hash }
  }
  budget.bytes(data.length)
  const head = blob.subarray(headStart, reader.position - data.length)
  const hash = checked(checksum, head, data)
  if (type === TYPE.change) {
    measureChange(data, budget)
    return { type: 'change', bytes, hash }
  }
  if (type !== TYPE.document) throw new Malformed(`a chunk is of the unknown type ${type}`)
  measureDocument(data, budget)
  return { type: 'document', bytes }
}

/** Type and length as they stand before an uncompressed change: its hash is over that, however it is sent. */
function changeHead(length: number): Uint8Array {
  const head: number[] = [TYPE.change]
  for (let rest = length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...head, rest])
    head.push((rest % 128) | 0x80)
  }
}

function checked(checksum: Uint8Array, head: Uint8Array, data: Uint8Array): string {
  const hash = createHash('sha256').update(head).update(data).digest()
  if (!checksum.every((byte, index) => byte === hash[index])) throw new Malformed('a checksum is wrong')
  return hash.toString('hex')
}

function measureChange(data: Uint8Array, budget: Budget): void {
  const reader = new ByteReader(data)
  for (let deps = reader.count(32); deps > 0; deps -= 1) reader.take(32)
  reader.take(reader.unsigned())
  reader.unsigned()
  reader.unsigned()
  reader.signed()
  reader.take(reader.unsigned())
  for (let actors = reader.count(1); actors > 0; actors -= 1) reader.take(reader.unsigned())
  measureColumns(reader, columnsIn(reader), budget)
}

function measureDocument(data: Uint8Array, budget: Budget): void {
  const reader = new ByteReader(data)
  for (let actors = reader.count(1); actors > 0; actors -= 1) reader.take(reader.unsigned())
  for (let heads = reader.count(32); heads > 0; heads -= 1) reader.take(32)
  const changeColumns = columnsIn(reader)
  const operationColumns = columnsIn(reader)
  measureColumns(reader, changeColumns, budget)
  measureColumns(reader, operationColumns, budget)
}

interface Column {
  readonly spec: number
  readonly length: number
}

/** A document has some twenty columns; unknown ones of later versions are few. */
const MOST_COLUMNS = 64

function columnsIn(reader: ByteReader): Column[] {
  const count = reader.count(2)
  if (count > MOST_COLUMNS) throw new Malformed(`it has ${count} columns`)
  return Array.from({ length: count }, () => ({ spec: reader.unsigned(), length: reader.unsigned() }))
}

function measureColumns(reader: ByteReader, columns: readonly Column[], budget: Budget): void {
  let most = 0
  for (const { spec, length } of columns) {
    const stored = reader.take(length)
    const data = (spec & DEFLATED) === 0 ? stored : budget.inflate(stored)
    const rows = rowsOf(spec, data, budget.rowsLeft)
    if (rows > budget.rowsLeft) budget.rows(rows)
    most = Math.max(most, rows)
  }
  budget.rows(most)
}
