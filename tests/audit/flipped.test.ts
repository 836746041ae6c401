import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/storage/disk.js'
import { verifyPath } from '../../src/evidence/open.js'
import { ZipFile } from '../../src/evidence/zip-file.js'
import { Findings } from '../../src/docs/verify/findings.js'
import { Refused } from '../../src/protocol/problem.js'
import { bundleOf } from './bundles.js'
import { given, sealedDays } from './sealed-days.js'

const days = sealedDays()
const progress = { update: () => undefined, end: () => undefined }
let folder: string
let bundle: Uint8Array
let whole: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'counterfoil-test-'))
  bundle = await bundleOf(days)
  whole = await contentOf(written(bundle))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function written(bytes: Uint8Array): string {
  const path = join(folder, 'bundle.zip')
  writeFileSync(path, bytes)
  return path
}

/** All that a reader of the zip gets. */
async function contentOf(path: string): Promise<string> {
  const zip = await ZipFile.open(path)
  const parts: string[] = []
  for (const name of zip.names) {
    const bytes: Uint8Array[] = []
    for await (const piece of zip.read(name)) bytes.push(piece)
    parts.push(name, Buffer.concat(bytes).toString('base64'))
  }
  await zip.close()
  return parts.join('\n')
}

/** `refused`, `found`, or `verified`; anything else is a failure of ours. */
async function outcomeOf(bytes: Uint8Array): Promise<string> {
  try {
    const { verified } = await verifyPath(written(bytes), {
      given: given(days),
      findings: new Findings(),
      progress,
      disk: nodeDisk,
    })
    return verified ? 'verified' : 'found'
  } catch (error) {
    if (error instanceof Refused && error.code === 'not-to-be-verified') return 'refused'
    throw error
  }
}

describe('R1 H2: bytes of a bundle', () => {
  test('R1 H2: whatever bits are flipped, nothing else verifies than what was exported, and nothing else goes wrong', async () => {
    const outcomes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 255 }),
        async (places, mask) => {
          const bytes = Uint8Array.from(bundle)
          for (const place of places) bytes[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ mask
          // Times and versions in a zip say nothing of what it holds.
          const outcome = await outcomeOf(bytes)
          outcomes.add(outcome)
          if (outcome === 'verified') expect(await contentOf(written(bytes))).toBe(whole)
        },
      ),
      { numRuns: 200 },
    )
    expect([...outcomes]).toEqual(expect.arrayContaining(['refused', 'found']))
  })

  test('R1 H2: cut anywhere, it is refused', async () => {
    expect(await outcomeOf(bundle)).toBe('verified')
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bundle.length - 1 }), async (length) => {
        expect(await outcomeOf(bundle.subarray(0, length))).not.toBe('verified')
      }),
      { numRuns: 50 },
    )
  })
})
