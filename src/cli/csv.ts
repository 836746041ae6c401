import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { Refused } from '../protocol/problem.js'
import { reading } from '../storage/named-errors.js'

export type Cells = Partial<Record<string, string>>

/** A row of a file. `row` counts as a spreadsheet does: the header is row 1, and empty rows count. */
export interface CsvRow {
  readonly row: number
  readonly cells: Cells
}

/** A row of a sales or catalogue file has some hundred bytes; an opening quote that nothing closes has the whole file. */
const LONGEST_ROW = 256 * 1024

interface Parsed {
  readonly record: Cells
  readonly info: { readonly records: number; readonly empty_lines: number }
}

/**
 * Rows of a CSV file (RFC 4180, UTF-8).
 * @param checkHeader sees the names of the columns before any row is read, also where there are no rows; may throw
 * @throws Refused `malformed-csv`, `not-utf-8`, and for a file that cannot be read
 */
export async function* csvRows(
  path: string,
  checkHeader: (columns: readonly string[]) => void,
): AsyncGenerator<CsvRow> {
  let header: readonly string[] | undefined
  const parser = parse({
    columns: (names: string[]) => {
      checkHeader((header = names))
      return names
    },
    bom: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: LONGEST_ROW,
  })
  // The parser is destroyed with any error of what feeds it, and throws that below.
  pipeline(Readable.from(utf8(path)), parser).catch(() => undefined)
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      yield { row: 1 + info.records + info.empty_lines, cells: record }
    }
  } catch (error) {
    throw error instanceof CsvError ? malformed(path, error, header) : error
  }
  if (!header) checkHeader([])
}

export function missingColumns(
  path: string,
  missing: readonly string[],
  columns: readonly string[],
): Refused {
  return new Refused(
    'invalid',
    'missing-columns',
    `${path} lacks the column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}. It has ${columns.join(', ') || 'none'}.`,
  )
}

/** The bytes of a file, as they are, as long as they are UTF-8. */
async function* utf8(path: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const check = (bytes?: Buffer): void => {
    try {
      decoder.decode(bytes, { stream: bytes !== undefined })
    } catch {
      throw new Refused(
        'invalid',
        'not-utf-8',
        `${path} is not UTF-8 text. Save it as "CSV UTF-8" and try again. Nothing of it was used.`,
      )
    }
  }
  for await (const bytes of reading(path, createReadStream(path) as AsyncIterable<Buffer>)) {
    check(bytes)
    yield bytes
  }
  check()
}

function malformed(path: string, error: CsvError, header: readonly string[] | undefined): Refused {
  const { records, empty_lines: empty } = error as unknown as Parsed['info']
  const row = header ? 2 + records + empty : 1
  return new Refused(
    'invalid',
    'malformed-csv',
    `${path} is not a well-formed CSV file: row ${row} ${reasonOf(error, header)}. Nothing of it was used.`,
  )
}

function reasonOf(error: CsvError, header: readonly string[] | undefined): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'has an opening quote that nothing closes'
    case 'CSV_MAX_RECORD_SIZE':
      return `is longer than ${LONGEST_ROW} characters, or has an opening quote that nothing closes`
    case 'CSV_RECORD_INCONSISTENT_COLUMNS':
      return `has ${(error as { record?: unknown[] }).record?.length} cells, and the header has ${header?.length}`
    default:
      return `cannot be read (${error.message})`
  }
}
