import fs from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BadZip } from '../docs/bundle/zip-directory.js'
import { BadExport, MANIFEST } from '../docs/bundle/manifest.js'
import { checkViews, openExport, type ExportFiles } from '../docs/bundle/open.js'
import { DamagedDocument } from '../docs/verify/book.js'
import type { Evidence } from '../docs/verify/evidence.js'
import type { Findings } from '../docs/verify/findings.js'
import { checkSignature, SlipCheck } from '../docs/verify/slip.js'
import type { SlipCode } from '../docs/slip-code.js'
import type { GivenKeys } from '../docs/verify/trust.js'
import { verify, type Verdict } from '../docs/verify/verify.js'
import { BadBundle } from '../protocol/bundle.js'
import { Refused } from '../protocol/problem.js'
import type { Disk } from '../storage/disk.js'
import { readDirectory } from './directory.js'
import { evidenceIn } from './directory-evidence.js'
import { openFolder } from './folder.js'
import { isHandoff, openHandoff } from './handoff.js'
import { FileSpool } from '../storage/spool.js'
import { ZipFile } from './zip-file.js'

export interface VerifyOptions {
  readonly given: GivenKeys
  readonly findings: Findings
  readonly disk: Disk
  /** Told how far it has come. */
  readonly progress: { update(label: string, done: number, total: number): void }
  /** A checkpoint of the relay's log that was seen earlier. */
  readonly older?: string | undefined
  /** Whose record has to be there. */
  readonly slip?: SlipCode | undefined
}

/**
 * Verifies whatever lies at a path: an export bundle, packed or not, the bundle of a handoff, or a data directory.
 * @throws Refused, DamagedFile, or the disk's error
 */
export async function verifyPath(path: string, options: VerifyOptions): Promise<Verdict> {
  try {
    return await verifyAt(resolve(path), options)
  } catch (error) {
    if (
      error instanceof BadZip ||
      error instanceof BadExport ||
      error instanceof BadBundle ||
      error instanceof DamagedDocument
    )
      throw new Refused('invalid', 'not-to-be-verified', `${path}: ${error.message}`)
    throw error
  }
}

async function verifyAt(path: string, options: VerifyOptions): Promise<Verdict> {
  if ((await fs.stat(path)).isDirectory()) {
    const isExport = await fs.access(join(path, MANIFEST)).then(
      () => true,
      () => false,
    )
    return isExport ? verifyExport(await openFolder(path), options) : verifyData(path, options)
  }
  if (await isHandoff(path)) return finish(await openHandoff(path, options.given), options)
  const zip = await ZipFile.open(path)
  try {
    return await verifyExport(zip, options)
  } finally {
    await zip.close()
  }
}

async function verifyData(path: string, options: VerifyOptions): Promise<Verdict> {
  const told = new Set<string>()
  const read = await readDirectory(path, options.disk, { from: null, to: null }, (file, reason) => {
    if (told.has(file)) return
    told.add(file)
    options.findings.add(
      'damaged-file',
      { file },
      `${file} is damaged (${reason}); what it held is not among what was verified.`,
    )
  })
  return finish(await evidenceIn(read, options.older), options)
}

async function verifyExport(files: ExportFiles, options: VerifyOptions): Promise<Verdict> {
  const { given, findings, progress, older } = options
  const { manifest, evidence } = await openExport(
    files,
    given,
    findings,
    (done) => progress.update('files', done, files.names.length),
    older,
  )
  const spool = new FileSpool()
  try {
    const records: Evidence['records'] = async function* (found) {
      for await (const line of evidence.records(found)) {
        spool.add(JSON.stringify(line))
        yield line
      }
    }
    const verdict = await finish({ ...evidence, records }, options)
    const notes = checkViews(manifest, spool, findings)
    return {
      ...verdict,
      verified: !findings.any,
      findings: findings.list(),
      leftOut: findings.leftOut,
      notes: [...verdict.notes, ...notes],
    }
  } finally {
    spool.close()
  }
}

async function finish(evidence: Evidence, options: VerifyOptions): Promise<Verdict> {
  const { given, findings, progress, older, slip } = options
  if (older !== undefined && !evidence.log)
    findings.add(
      'log-consistency',
      {},
      'A checkpoint was given, and nothing here proves that the log continues it. Verify an export that was made with it.',
    )
  const check = slip && new SlipCheck(slip)
  if (slip) checkSignature(slip, given, findings)
  const records: Evidence['records'] = async function* (found) {
    for await (const line of evidence.records(found)) {
      check?.take(line)
      yield line
    }
    check?.end(found)
  }
  return verify({ ...evidence, records }, given, findings, (done) => {
    if (done % PROGRESS === 0) progress.update('records', done, done)
  })
}

/** Records between two signs of life. */
const PROGRESS = 10_000
