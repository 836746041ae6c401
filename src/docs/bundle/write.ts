import { digest } from '../canonical.js'
import type { CustodyReceipt, ExportKeys, ExportManifest } from '../generated/types.js'
import type { Signer } from '../keys.js'
import type { DocumentName } from '../naming.js'
import { MalformedRecord, type SealedRecord } from '../record.js'
import { readBook } from '../verify/book.js'
import { dayCloseLeaf, receiptLeaf } from '../verify/log.js'
import type { About, View } from '../views/index.js'
import {
  CHECKPOINT,
  CONSISTENCY,
  DOCUMENTS,
  KEYS,
  MANIFEST,
  NAMES,
  PROOFS,
  RECEIPTS,
  RECORDS,
  signManifest,
  SIGNATURE,
  VIEWS,
} from './manifest.js'
import { inOrder, type BookLines } from './order.js'
import { recordLine, sealedFrom, type DayBookName, type RecordLine } from './record-line.js'
import { ZipWriter } from './zip-writer.js'

/** A day book that is exported. */
export interface SourceBook {
  readonly id: string
  readonly name: DayBookName
  /** Its Automerge changes, as they are stored. */
  readonly saved: Uint8Array
  /** Records that are sealed and not in it yet. */
  readonly loose?: readonly { readonly position: number; readonly stored: Uint8Array }[]
}

/** What the relay's log says of what is exported, in the files of the bundle. */
export interface SourceLog {
  readonly checkpoint: string
  readonly proofs: AsyncIterable<string>
  readonly consistency?: string
}

/** What is exported, wherever it lies. It is read in this order, each once. */
export interface ExportSource extends About {
  readonly by: ExportManifest['by']
  readonly signer: Signer
  readonly keys: ExportKeys
  readonly names: ReadonlyMap<string, DocumentName>
  receipts(): AsyncIterable<CustodyReceipt>
  /** By terminal, epoch, day and part. */
  books(): AsyncIterable<SourceBook>
  /** @param leaves hashes of the leaves that are to be proven, base64 */
  log?(leaves: ReadonlySet<string>): Promise<SourceLog>
}

/** Keeps the lines of the records aside, so that views can go through them more than once without holding them. */
export interface Spool {
  add(line: string): void
  lines(): Iterable<string>
}

/** Characters that are packed at a time. */
const PIECE = 64 * 1024

/**
 * An export bundle, as a zip, piece by piece.
 * @param format the name of the view
 * @throws ExportTooLarge, DamagedDocument, and what the source throws
 */
export async function* exportBundle(
  source: ExportSource,
  format: string,
  view: View,
  spool: Spool,
): AsyncGenerator<Uint8Array> {
  const { organisation, shops, from, to, at, by, signer } = source
  const zip = new ZipWriter(new Date(at))
  const leaves = new Set<string>()
  yield* textFile(zip, RECEIPTS, receiptLines(source, leaves))
  yield* documentsAndRecords(zip, source, leaves, spool)
  yield* textFile(zip, RECORDS, ended(spool.lines()))
  yield* textFile(zip, NAMES, [json(Object.fromEntries(source.names))])
  yield* textFile(zip, KEYS, [json(source.keys)])
  if (source.log) yield* logFiles(zip, await source.log(leaves))
  const about: About = { organisation, shops, from, to, at }
  for (const { name, lines } of view(spooledRecords(spool), about))
    yield* textFile(zip, `${VIEWS}${name}`, lines)
  const manifest: ExportManifest = {
    v: 1,
    type: 'counterfoil-export',
    by,
    ...about,
    format,
    files: [...zip.files],
  }
  const signed = signManifest(manifest, signer)
  zip.begin(MANIFEST)
  zip.write(signed.json)
  yield* textFile(zip, SIGNATURE, [`${signed.signature}\n`])
  zip.end()
  yield* zip.taken()
}

function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}

async function* receiptLines(source: ExportSource, leaves: Set<string>): AsyncGenerator<string> {
  for await (const receipt of source.receipts()) {
    if (source.log) leaves.add(receiptLeaf(receipt))
    yield json(receipt)
  }
}

function* ended(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`
}

async function* textFile(
  zip: ZipWriter,
  name: string,
  parts: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  zip.begin(name)
  let held = ''
  for await (const part of parts) {
    held += part
    if (held.length < PIECE) continue
    zip.write(encoder.encode(held))
    held = ''
    yield* zip.taken()
  }
  if (held !== '') zip.write(encoder.encode(held))
  yield* zip.taken()
}

async function* documentsAndRecords(
  zip: ZipWriter,
  source: ExportSource,
  leaves: Set<string>,
  spool: Spool,
): AsyncGenerator<Uint8Array> {
  const taken: Uint8Array[] = []
  async function* books(): AsyncGenerator<BookLines> {
    for await (const book of source.books()) {
      zip.begin(`${DOCUMENTS}${book.id}`, true)
      zip.write(book.saved)
      taken.push(...zip.taken())
      yield { chain: `${book.name.code}${book.name.epoch}`, lines: linesOfBook(book) }
    }
  }
  for await (const line of inOrder(books())) {
    spool.add(JSON.stringify(line))
    if (source.log && line.text.includes('"type":"day-close"'))
      leaves.add(dayCloseLeaf(line, digest(line.text)))
    yield* taken.splice(0)
  }
  yield* taken
}

/** The records of a day book, and after them those that are not in it yet.
 * @throws DamagedDocument
 */
export function linesOfBook({ id, name, saved, loose = [] }: SourceBook): RecordLine[] {
  const { entries } = readBook(saved)
  const settled = new Set(entries.map(({ position }) => position))
  return [...entries, ...loose.filter(({ position }) => !settled.has(position))].map(({ position, stored }) =>
    recordLine(id, name, position, stored),
  )
}

async function* logFiles(zip: ZipWriter, log: SourceLog): AsyncGenerator<Uint8Array> {
  yield* textFile(zip, CHECKPOINT, [log.checkpoint])
  yield* textFile(zip, PROOFS, log.proofs)
  if (log.consistency !== undefined) yield* textFile(zip, CONSISTENCY, [log.consistency])
}

/** The records that are ones; what is no record is in no view. */
export function spooledRecords(spool: Pick<Spool, 'lines'>): Iterable<SealedRecord> {
  return {
    *[Symbol.iterator]() {
      for (const line of spool.lines()) {
        try {
          yield sealedFrom(JSON.parse(line) as RecordLine)
        } catch (error) {
          if (!(error instanceof MalformedRecord)) throw error
        }
      }
    },
  }
}
