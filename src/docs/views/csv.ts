import { csvLine, csvText } from '../csv.js'

/** A column: its name, and its cell of a row. Texts are made safe with {@link text}; numbers and codes are left as they are. */
export type Column<R> = readonly [name: string, cell: (row: R) => string]

export function text(value: string | undefined): string {
  return csvText(value ?? '')
}

/** RFC 4180: a header, then a line a row. */
export function* csvLines<R>(columns: readonly Column<R>[], rows: Iterable<R>): Generator<string> {
  yield csvLine(columns.map(([name]) => name))
  for (const row of rows) yield csvLine(columns.map(([, cell]) => cell(row)))
}
