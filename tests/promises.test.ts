import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'docs/PROMISES.md')

/** Promises that no test shows yet, as the page says of them. One that is shown once must not come back here. */
const NOT_YET = ['A1', 'A2', 'A3']

/** What the generator says of pages, without writing them. */
function checked(...pages: readonly string[]): Promise<{ code: unknown; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'scripts/promises.mjs'), '--check', ...pages],
      (error, _stdout, stderr) => resolve({ code: error?.code ?? 0, stderr }),
    )
  })
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'counterfoil-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the page of promises', () => {
  test('is what the titles of the tests say; one that lacks a title, or names one too many, is found', async () => {
    const text = await readFile(page, 'utf8')
    const lacking = join(folder, 'lacking.md')
    const inventing = join(folder, 'inventing.md')
    await writeFile(lacking, text.replace(/<br>[^<|]*/, ''))
    await writeFile(inventing, text.replace('<br>', '<br>D1 a test nobody wrote<br>'))
    const { code, stderr } = await checked(page, lacking, inventing)
    expect(code).toBe(1)
    expect(stderr.match(/\S+(?= is out of date)/g)).toEqual([lacking, inventing])
  })

  test('names a test for every promise, or says “not yet” where that is known', async () => {
    const text = await readFile(page, 'utf8')
    const promises = [...text.matchAll(/^- \*\*([A-Z]\d)\*\* /gm)].map(([, id = '']) => id)
    expect(promises).toEqual('D1 D2 D3 D4 N1 N2 S1 S2 S3 S4 S5 P1 A1 A2 A3 H1 H2 R1'.split(' '))
    const rows = [...text.matchAll(/^\| ([A-Z]\d) \| (.*) \|$/gm)]
    expect(new Set(rows.map(([, id]) => id))).toEqual(new Set(promises))
    const without = rows.filter(([, , rest = '']) => rest.endsWith('not yet')).map(([, id = '']) => id)
    expect(without.filter((id) => !NOT_YET.includes(id))).toEqual([])
  })
})
