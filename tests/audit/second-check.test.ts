import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RecordLine } from '../../src/docs/bundle/record-line.js'
import type { SourceBook } from '../../src/docs/bundle/write.js'
import { canonicalJson } from '../../src/docs/canonical.js'
import type { RecordBody } from '../../src/docs/record.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { verifyPath } from '../../src/evidence/open.js'
import { Findings } from '../../src/docs/verify/findings.js'
import { newSigner } from '../support/keys.js'
import { bundleOf } from './bundles.js'
import { bookOf, given, sealedDays } from './sealed-days.js'

const SCRIPT = fileURLToPath(new URL('verify.py', import.meta.url))
const days = sealedDays()

const python = spawnSync('python3', ['--version'])
const openssl = spawnSync('openssl', ['version'], { encoding: 'utf8' })
const isHere = python.status === 0 && openssl.status === 0 && / ([3-9]|\d\d)\./.test(openssl.stdout)
if (!isHere)
  console.warn('SKIPPED: the second check of export bundles needs python3 and openssl 3 on the path.')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'counterfoil-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Checked {
  readonly code: number | null
  readonly out: string
}

async function check(bundle: Uint8Array): Promise<Checked> {
  const path = join(folder, 'bundle.zip')
  await writeFile(path, bundle)
  const { status, stdout, stderr } = spawnSync(
    'python3',
    ['-B', SCRIPT, path, '--relay', days.relay.publicKey],
    { encoding: 'utf8' },
  )
  return { code: status, out: stdout + stderr }
}

/** Our own verdict on the same bytes. */
async function ours(bundle: Uint8Array): Promise<string[]> {
  const path = join(folder, 'ours.zip')
  await writeFile(path, bundle)
  const progress = { update: () => undefined, end: () => undefined }
  const { findings } = await verifyPath(path, {
    given: given(days),
    findings: new Findings(),
    progress,
    disk: nodeDisk,
  })
  return findings.map(({ code }) => code)
}

async function withFiles(change: (files: Record<string, Uint8Array>) => void): Promise<Uint8Array> {
  const files = unzipSync(await bundleOf(days))
  change(files)
  return zipSync(files)
}

function withLines(change: (lines: RecordLine[]) => RecordLine[]): Promise<Uint8Array> {
  return withFiles((files) => {
    const text = strFromU8(files['records.ndjson'] ?? new Uint8Array())
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as RecordLine)
    files['records.ndjson'] = strToU8(
      change(lines)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(''),
    )
  })
}

/** The relay itself leaves out, or writes anew, what it holds, and signs that. */
function cutBooks(keep: number): SourceBook[] {
  return days.books.map((book) => {
    const own = days.records.filter(({ position, body }) => body.day === book.name.day && position <= keep)
    return { ...book, saved: bookOf(own).saved }
  })
}

async function* each<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list
}

const stranger = newSigner()
const edited = (line: RecordLine): RecordBody => ({ ...(JSON.parse(line.text) as RecordBody), by: 'Mallory' })

const TAMPERED: readonly (readonly [
  what: string,
  bundle: () => Promise<Uint8Array>,
  says: string,
  code: string,
])[] = [
  [
    'an edited record',
    () =>
      withLines((lines) =>
        lines.map((line) => (line.position === 4 ? { ...line, text: canonicalJson(edited(line)) } : line)),
      ),
    'record 4 of T01A is not what T01A signed',
    'altered',
  ],
  [
    'a deleted record',
    () => withLines((lines) => lines.filter(({ position }) => position !== 4)),
    'record 5 of T01A stands after record 3',
    'missing',
  ],
  [
    'a record put in twice',
    () => withLines((lines) => lines.flatMap((line) => (line.position === 4 ? [line, line] : [line]))),
    'record 4 of T01A stands after record 4',
    'doubled',
  ],
  [
    'records in another order',
    () => withLines((lines) => [...lines.slice(0, 3), ...lines.slice(3, 5).reverse(), ...lines.slice(5)]),
    'record 5 of T01A stands after record 3',
    'out-of-order',
  ],
  [
    'a record signed by a stranger',
    () =>
      withLines((lines) =>
        lines.map((line) =>
          line.position === 4
            ? { ...line, signature: stranger.sign(new TextEncoder().encode(line.text)) }
            : line,
        ),
      ),
    'record 4 of T01A is not what T01A signed',
    'altered',
  ],
  [
    'a file that was taken out',
    () => withFiles((files) => delete files['views/lines.csv']),
    'views/lines.csv is missing',
    'file-missing',
  ],
  [
    'a tail that the relay itself cut off',
    () => bundleOf(days, { books: () => each(cutBooks(12)) }),
    'covers something of day book',
    'receipt-not-met',
  ],
  [
    'a manifest signed by a stranger',
    () => bundleOf(days, { signer: stranger }),
    'the manifest is not signed with the key given',
    'manifest',
  ],
]

describe('H2: export bundles', () => {
  test('H2: a bundle that nobody touched has no findings', async () => {
    expect(await ours(await bundleOf(days))).toEqual([])
  })

  test('H2: a view that says something else than the records is found, though the relay signed it', async () => {
    const lying = await bundleOf(days, {}, () => [
      { name: 'invoices.csv', lines: ['number,payable\r\n', 'T01A/2627/000001,0.00\r\n'] },
    ])
    expect(await ours(lying)).toEqual(expect.arrayContaining(['view-differs']))
  })

  for (const [what, bundle, , code] of TAMPERED)
    test(`H2: ${what} is found in the bundle`, async () => {
      expect(await ours(await bundle())).toContain(code)
    })
})

describe.skipIf(!isHere)('H2: the second check, in Python, from docs/AUDIT.md', () => {
  test('H2: a bundle that nobody touched has no findings', async () => {
    expect(await check(await bundleOf(days))).toEqual({ code: 0, out: 'T01A: up to record 15\n0 findings\n' })
  })

  for (const [what, bundle, says] of TAMPERED)
    test(`H2: ${what} is found by the second check`, async () => {
      const { code, out } = await check(await bundle())
      expect(out).toContain(says)
      expect(code).toBe(1)
    })
})
