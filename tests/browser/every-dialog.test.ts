import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DIALOGS } from '../../src/pages/dialog-names.js'

const SOURCES = join(import.meta.dirname, '../../src')

/** The two that draw a dialog; they take its name, and whatever else is a dialog is drawn by them. */
const FRAMES = ['pages/dialogs.tsx', 'relay/web/parts/modal.tsx']

/** `expectAccessibleDialog(page, 'day')`, or a test's own step that ends in it. */
const CHECK = /\b(?:expectAccessibleDialog|dialogOf)\(\s*[\w.]+,\s*'([a-z-]+)'/g
/** `<Dialog name="day"`, or `confirmed({ name: 'day'`. */
const NAMED = /(?:<(?:Dialog|Modal|OrderForm)|\bconfirmed\(\{)\s+name(?:=|: )["']([a-z-]+)["']/g
/** One that does not begin with its name, where the pattern above would not see it. */
const UNSEEN = /(?:<(?:Dialog|Modal|OrderForm)|\bconfirmed\(\{)\s+(?!\s|name\b)/

async function textsIn(folder: string, ending: RegExp): Promise<[file: string, text: string][]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => ending.test(file))
  return Promise.all(
    files.map(async (file) => [file, await readFile(join(folder, file), 'utf8')] as [string, string]),
  )
}

const namesIn = (texts: readonly [string, string][], pattern: RegExp): string[] =>
  texts.flatMap(([, text]) => [...text.matchAll(pattern)].map(([, name = '']) => name))

describe('every dialog of both pages', () => {
  test('is held against axe-core by a test that has it open', async () => {
    const checked = new Set(namesIn(await textsIn(import.meta.dirname, /\.test\.ts$/), CHECK))
    expect(DIALOGS.filter((name) => !checked.has(name))).toEqual([])
  })

  test('has a name, which is its own', async () => {
    const texts = await textsIn(SOURCES, /\.tsx$/)
    const drawn = texts.filter(([, text]) => /<dialog\b|createElement\('dialog'/.test(text))
    expect(drawn.map(([file]) => file).toSorted()).toEqual(FRAMES)
    expect(texts.filter(([, text]) => UNSEEN.test(text)).map(([file]) => file)).toEqual([])
    const named = namesIn(texts, NAMED)
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((name, index) => named.indexOf(name) !== index)).toEqual([])
  })
})
