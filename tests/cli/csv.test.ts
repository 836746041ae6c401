import { describe, expect, test } from 'vitest'
import { csvRows, type CsvRow } from '../../src/cli/csv.js'
import { useFiles } from './files.js'

const file = useFiles()

async function read(path: string, checkHeader: (columns: readonly string[]) => void = () => undefined) {
  const rows: CsvRow[] = []
  for await (const row of csvRows(path, checkHeader)) rows.push(row)
  return rows
}

describe('a CSV file', () => {
  test('rows are counted as a spreadsheet counts them: the header, empty rows, and a text of two lines as one', async () => {
    const path = await file('rows.csv', '\uFEFFa,b\r\n1,"two\r\nlines"\r\n\r\n3,"say ""hi"""\r\n')
    expect(await read(path)).toEqual([
      { row: 2, cells: { a: '1', b: 'two\r\nlines' } },
      { row: 4, cells: { a: '3', b: 'say "hi"' } },
    ])
  })

  test('its header is checked before any row, and where there is no row or no header at all', async () => {
    const seen: (readonly string[])[] = []
    const look = (columns: readonly string[]): void => {
      seen.push(columns)
    }
    await read(await file('header.csv', 'a,b\n'), look)
    await read(await file('nothing.csv', ''), look)
    expect(seen).toEqual([['a', 'b'], []])
    const refuse = (): void => {
      throw new Error('not this header')
    }
    await expect(read(await file('rows2.csv', 'a,b\n1,2\n'), refuse)).rejects.toThrow('not this header')
  })

  test('a text of many bytes that is cut between two reads stays whole', async () => {
    // The file is read in parts of 64 KiB, and every second byte is in the middle of a letter.
    const path = await file('umlauts.csv', `a\n"${'ü'.repeat(100_000)}"\n"x${'ü'.repeat(100_000)}"\n`)
    const [first, second] = await read(path)
    expect(first?.cells['a']).toBe('ü'.repeat(100_000))
    expect(second?.cells['a']).toBe(`x${'ü'.repeat(100_000)}`)
  })

  const many = 'x,y\n'.repeat(30)
  test.each([
    [
      'a quote that nothing closes',
      `a,b\n${many}1,"two\n3,4\n5,6\n`,
      'row 32 has an opening quote that nothing closes',
    ],
    [
      'a quote in the header that nothing closes',
      `a,"b\n1,2\n`,
      'row 1 has an opening quote that nothing closes',
    ],
    ['a cell too many', `a,b\n${many}1,2,3\n`, 'row 32 has 3 cells, and the header has 2'],
    ['a cell too few', `a,b\n\n1\n`, 'row 3 has 1 cells, and the header has 2'],
    ['a text after a closing quote', `a,b\n1,"2"3\n`, 'row 2 cannot be read (Invalid Closing Quote'],
    ['a row without end', `a,b\n1,${'2'.repeat(300_000)}\n`, 'row 2 is longer than 262144 characters'],
    [
      'a quote that nothing closes in a long file',
      `a,b\n1,"${many.repeat(2_500)}`,
      'or has an opening quote that nothing closes',
    ],
  ])('R1 %s: its row is named, and nothing is used', async (name, content, reason) => {
    const path = await file(`${name}.csv`, content)
    const error = await read(path).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ kind: 'invalid', code: 'malformed-csv' })
    const { message } = error as Error
    expect(message).toContain(`${path} is not a well-formed CSV file: row`)
    expect(message).toContain(reason)
    expect(message).toMatch(/Nothing of it was used\.$/)
  })

  test.each([
    ['Latin-1', Buffer.from('a,b\n1,caf\u00e9\n', 'latin1')],
    ['UTF-16', Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le')],
    ['UTF-8 that is cut in a letter', Buffer.from('a,b\n1,caf\u00e9', 'utf8').subarray(0, -1)],
  ])('R1 %s is refused, and never read as other letters', async (name, bytes) => {
    const path = await file(`${name}.csv`, bytes)
    await expect(read(path)).rejects.toMatchObject({ code: 'not-utf-8' })
    await expect(read(path)).rejects.toThrow(/is not UTF-8 text\. Save it as "CSV UTF-8"/)
  })

  test('R1 a file that is not there, or is a folder, is an error that names it', async () => {
    const path = await file('here.csv', 'a\n')
    await expect(read(`${path}.not`)).rejects.toMatchObject({ code: 'ENOENT', path: `${path}.not` })
    const folder = path.slice(0, path.lastIndexOf('/'))
    await expect(read(folder)).rejects.toMatchObject({ code: 'EISDIR', path: folder })
  })
})
