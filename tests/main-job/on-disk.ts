import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as A from '@automerge/automerge'
import type {
  CustodyReceipt,
  DocumentHeads,
  RecordBody,
  SealedEntry,
} from '../../src/docs/generated/types.js'
import { decodeChunk } from '../../src/storage/chunk-format.js'

/*
 * What a data directory holds while no process has it open: its files are read as they lie there.
 */

type Stored = A.Doc<Record<string, unknown>>

/** The document that the chunk files of a folder make up. */
async function readFolder(folder: string): Promise<Stored> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  const payloads = await Promise.all(files.map(async (file) => decodeChunk(await readFile(file))))
  const doc = A.loadIncremental(A.init<Record<string, unknown>>(), Buffer.concat(payloads))
  // A change whose predecessor is not there would be in the files and not in the document.
  const missing = A.getMissingDeps(doc, [])
  if (missing.length > 0) throw new Error(`${folder} lacks the changes ${missing.join(', ')}`)
  return doc
}

/** The folders of the documents, by document id. Without `.tmp`: what lies there was never acknowledged. */
async function documentFolders(data: string): Promise<Map<string, string>> {
  const documents = join(data, 'documents')
  const folders = new Map<string, string>()
  for (const prefix of await readdir(documents)) {
    if (prefix.startsWith('.')) continue
    for (const rest of await readdir(join(documents, prefix))) {
      const id = prefix + rest
      if (id !== 'storage-adapter-id') folders.set(id, join(documents, prefix, rest))
    }
  }
  return folders
}

/** The number of each sale that lies in a data directory, by its external reference. */
export async function salesOnDisk(data: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const add = (stored: string): void => {
    const record = JSON.parse(stored.split('\n')[0] ?? '') as RecordBody
    if ('number' in record) found.set(record.externalRef ?? record.number, record.number)
  }
  for (const folder of (await documentFolders(data)).values()) {
    for (const value of Object.values(await readFolder(folder)))
      if (value instanceof Uint8Array) add(new TextDecoder().decode(value))
  }
  for (const { record } of await linesOf<SealedEntry>(data, 'sealed.log')) add(record)
  return found
}

/** The entries of a log; the last line is empty, or one that a kill has cut: it was never acknowledged. */
export async function linesOf<E>(data: string, name: string): Promise<E[]> {
  const lines = (await readFile(join(data, name), 'utf8')).split('\n')
  return lines.slice(0, -1).map((line) => JSON.parse(line.slice(line.indexOf(' '))) as E)
}

/** The documents that the receipts of a `receipts.log` speak of, at the heads of each receipt. */
export async function receiptedHeads(data: string): Promise<DocumentHeads[]> {
  const receipts = await linesOf<CustodyReceipt>(data, 'receipts.log')
  return receipts.flatMap(({ body }) => body.documents)
}

/** Of these documents, those that a data directory does not hold at their heads, on its disk. */
export async function missingAt(data: string, wanted: readonly DocumentHeads[]): Promise<string[]> {
  const folders = await documentFolders(data)
  const missing: string[] = []
  for (const { id, heads } of wanted) {
    const folder = folders.get(id)
    if (!folder || !A.hasHeads(await readFolder(folder), [...heads])) missing.push(id)
  }
  return missing
}
