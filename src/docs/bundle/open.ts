import { createHash } from 'node:crypto'
import type { ExportKeys, ExportManifest, ExportNames, Exporter } from '../generated/types.js'
import { validate } from '../validate.js'
import type { Evidence, StoredBook } from '../verify/evidence.js'
import type { Findings } from '../verify/findings.js'
import type { LogEvidence } from '../verify/log.js'
import type { GivenKeys } from '../verify/trust.js'
import { asRecordLine } from '../verify/verify.js'
import { VIEWS as FORMATS } from '../views/index.js'
import { linesOf } from './lines.js'
import {
  BadExport,
  CHECKPOINT,
  CONSISTENCY,
  DOCUMENTS,
  isSigned,
  KEYS,
  MANIFEST,
  NAMES,
  PROOFS,
  readManifest,
  RECEIPTS,
  RECORDS,
  SIGNATURE,
  VIEWS,
} from './manifest.js'
import { spooledRecords, type Spool } from './write.js'

/** The files of an export bundle, packed or not. */
export interface ExportFiles {
  readonly names: readonly string[]
  /** @throws BadZip, BadExport, or the disk's error */
  read(name: string): AsyncIterable<Uint8Array>
}

/** Of a file that is read whole: a day book, the names of all. */
const MOST_BYTES = 256 * 1024 * 1024
const NO_KEYS: ExportKeys = { relay: null, terminals: [] }

/**
 * Opens an export bundle: holds all files to the signed manifest, and gives the evidence that is in it.
 * @param older a checkpoint that was seen earlier
 * @throws BadExport when it is no export bundle
 */
export async function openExport(
  files: ExportFiles,
  given: GivenKeys,
  findings: Findings,
  progress: (files: number) => void = () => undefined,
  older?: string,
): Promise<{ readonly manifest: ExportManifest; readonly evidence: Evidence }> {
  if (!files.names.includes(MANIFEST)) throw new BadExport(`it has no ${MANIFEST}`)
  const json = await whole(files, MANIFEST)
  const manifest = readManifest(json)
  const signature = files.names.includes(SIGNATURE)
    ? new TextDecoder().decode(await whole(files, SIGNATURE))
    : ''
  const isSound = isSigned(json, signature, manifest)
  if (!isSound)
    findings.add(
      'manifest',
      { file: MANIFEST },
      'The manifest is not signed by the key it names: it was altered, or its signature was.',
    )
  const trusted = givenKeyOf(manifest.by, given)
  if (trusted !== undefined && trusted !== manifest.by.key)
    findings.add(
      'manifest',
      { file: MANIFEST },
      'The manifest was signed with another key than the one that was given.',
    )
  if ('terminal' in manifest.by && ![...given.terminals.values()].includes(manifest.by.key))
    findings.add(
      'untrusted-key',
      { file: MANIFEST },
      'The manifest was signed by a terminal with a key that was not given: what files there were is nobody’s word.',
    )
  await checkFiles(files, manifest, findings, progress)
  const keys =
    (await jsonOf<ExportKeys>(files, KEYS, 'export-bundle.schema.json#/$defs/ExportKeys', findings)) ??
    NO_KEYS
  const names =
    (await jsonOf<ExportNames>(files, NAMES, 'export-bundle.schema.json#/$defs/ExportNames', findings)) ?? {}
  return {
    manifest,
    evidence: {
      what: 'export',
      organisation: manifest.organisation,
      keys,
      isVouched:
        isSound && 'relay' in manifest.by && given.relay === manifest.by.key && !isAltered(findings, KEYS),
      names: new Map(Object.entries(names)),
      from: manifest.from,
      to: manifest.to,
      shops: new Set(manifest.shops.map(({ id }) => id)),
      isWhole: 'relay' in manifest.by && manifest.from === null,
      isLoose: 'terminal' in manifest.by,
      log: await logIn(files, older),
      receipts: (found) => values(files, RECEIPTS, found),
      records: (found) => recordsOf(files, found),
      documents: () => documentsOf(files),
    },
  }
}

/** The key the signer was given with; undefined where none was, or a terminal signed, whose epoch is not told. */
function givenKeyOf(by: Exporter, given: GivenKeys): string | undefined {
  return 'relay' in by ? given.relay : undefined
}

function isAltered(findings: Findings, file: string): boolean {
  return findings.list().some(({ where }) => where.file === file)
}

async function checkFiles(
  files: ExportFiles,
  manifest: ExportManifest,
  findings: Findings,
  progress: (files: number) => void,
): Promise<void> {
  const listed = new Map(manifest.files.map((file) => [file.name, file]))
  let done = 0
  for (const name of files.names) {
    if (name === MANIFEST || name === SIGNATURE) continue
    const file = listed.get(name)
    listed.delete(name)
    if (!file)
      findings.add(
        'file-unlisted',
        { file: name },
        `File ${name} is not in the manifest: it was put in later.`,
      )
    else if ((await sha256(files, name)) !== file.sha256)
      findings.add(
        'file-altered',
        { file: name },
        `File ${name} is not what the manifest says: it was altered.`,
      )
    progress((done += 1))
  }
  for (const name of listed.keys())
    findings.add(
      'file-missing',
      { file: name },
      `File ${name} is in the manifest and not here: it was taken out.`,
    )
}

async function sha256(files: ExportFiles, name: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of files.read(name)) hash.update(bytes)
  return hash.digest('hex')
}

async function whole(files: ExportFiles, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const bytes of files.read(name)) {
    length += bytes.length
    if (length > MOST_BYTES) throw new BadExport(`its ${name} is longer than ${MOST_BYTES} bytes`)
    parts.push(bytes)
  }
  return Buffer.concat(parts)
}

async function jsonOf<T>(
  files: ExportFiles,
  name: string,
  schema: string,
  findings: Findings,
): Promise<T | undefined> {
  if (!files.names.includes(name)) return undefined
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await whole(files, name)))
    validate<T>(schema, value, `file ${name}`)
    return value
  } catch (error) {
    findings.add('malformed-line', { file: name }, `File ${name} cannot be read: ${(error as Error).message}`)
    return undefined
  }
}

async function* values(files: ExportFiles, file: string, findings: Findings): AsyncGenerator<unknown> {
  if (!files.names.includes(file)) return
  let number = 0
  for await (const line of linesOf(files.read(file))) {
    number += 1
    try {
      yield JSON.parse(line) as unknown
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      findings.add('malformed-line', { file }, `Line ${number} of ${file} is not JSON: ${error.message}`)
    }
  }
}

async function* recordsOf(files: ExportFiles, findings: Findings): ReturnType<Evidence['records']> {
  let number = 0
  for await (const value of values(files, RECORDS, findings)) {
    number += 1
    try {
      yield asRecordLine(value)
    } catch (error) {
      findings.add(
        'malformed-line',
        { file: RECORDS },
        `Line ${number} of ${RECORDS}: ${(error as Error).message}`,
      )
    }
  }
}

async function* documentsOf(files: ExportFiles): AsyncGenerator<StoredBook> {
  for (const name of files.names)
    if (name.startsWith(DOCUMENTS))
      yield { id: name.slice(DOCUMENTS.length), saved: await whole(files, name) }
}

async function logIn(files: ExportFiles, older: string | undefined): Promise<LogEvidence | undefined> {
  if (!files.names.includes(CHECKPOINT)) return undefined
  const text = async (name: string): Promise<string> => new TextDecoder().decode(await whole(files, name))
  return {
    checkpoint: await text(CHECKPOINT),
    proofs: () => linesIn(files, PROOFS),
    consistency: files.names.includes(CONSISTENCY) ? await text(CONSISTENCY) : undefined,
    older,
  }
}

async function* linesIn(files: ExportFiles, name: string): AsyncGenerator<string> {
  if (files.names.includes(name)) yield* linesOf(files.read(name))
}

/**
 * Makes the views again from the records and holds them to the manifest.
 * @param spool holds the lines of the records
 */
export function checkViews(
  manifest: ExportManifest,
  spool: Pick<Spool, 'lines'>,
  findings: Findings,
): string[] {
  const view = FORMATS.get(manifest.format)
  if (!view)
    return [
      `The files in ${VIEWS} were not checked: this software does not know the format ${manifest.format}.`,
    ]
  const listed = new Map(
    manifest.files.filter(({ name }) => name.startsWith(VIEWS)).map((file) => [file.name, file]),
  )
  for (const { name, lines } of view(spooledRecords(spool), manifest)) {
    const file = `${VIEWS}${name}`
    const hash = createHash('sha256')
    for (const text of lines) hash.update(text)
    if (listed.get(file)?.sha256 !== hash.digest('hex'))
      findings.add(
        'view-differs',
        { file },
        `File ${file} is not what the records give: it says something else than was sealed.`,
      )
    listed.delete(file)
  }
  for (const file of listed.keys())
    findings.add('view-differs', { file }, `File ${file} is none that the records give.`)
  return []
}
