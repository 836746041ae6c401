import { csvLine, csvText } from '../csv.js'
import { formatMinor } from '../money.js'
import type { SealedRecord } from '../record.js'
import { closingsIn, type Closing } from './closings.js'
import { TABLES, type Column, type Table } from './dsfinvk-tables.js'
import type { View } from './view.js'

/**
 * Closed business days in the shape of DSFinV-K 2.3, the German tax administration's interface for cash registers: its
 * files, columns and index.xml. There is no technical security device behind it, which the file of signatures says in
 * every row; no certification is claimed. What no day close covers yet is not in it.
 */
export const dsfinvk: View = function* (records) {
  yield { name: 'dsfinvk/index.xml', lines: index() }
  for (const table of TABLES) yield { name: `dsfinvk/${table.file}`, lines: linesOf(table, records) }
}

function* linesOf(table: Table, records: Iterable<SealedRecord>): Generator<string> {
  const key = ['Z_KASSE_ID', 'Z_ERSTELLUNG', 'Z_NR']
  yield csvLine([...key, ...table.columns.map(([name]) => name)], ';')
  for (const closing of closingsIn(records)) {
    const { close } = closing
    const { terminal, epoch } = close.chain
    const head = [`${terminal}${epoch}`, close.at, String(close.z)]
    for (const cells of table.rows(closing)) {
      yield csvLine([...head, ...cells.map((cell, at) => spell(cell, table.columns[at]?.[1], closing))], ';')
    }
  }
}

/** Numbers have a decimal comma there; amounts of money are minor units here. */
function spell(cell: string | number, type: Column[1] | undefined, { minorDigits }: Closing): string {
  if (typeof cell === 'number') {
    const text = type === 'money' ? formatMinor(cell, minorDigits) : String(cell)
    return text.replace('.', ',')
  }
  return type === 'decimal' ? cell.replace('.', ',') : csvText(cell)
}

/** Describes the files to the auditors' software (GDPdU, description standard of 2004). */
function* index(): Generator<string> {
  yield '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">\n<DataSet>\n'
  yield `<Version>1.0</Version>\n<DataSupplier>\n<Name>Counterfoil</Name>\n<Location></Location>\n`
  yield '<Comment>Shaped like DSFinV-K 2.3; no technical security device, no certification.</Comment>\n</DataSupplier>\n'
  yield '<Media>\n<Name>DSFinV-K</Name>\n'
  const key: readonly Column[] = [
    ['Z_KASSE_ID', 'text'],
    ['Z_ERSTELLUNG', 'text'],
    ['Z_NR', 'number'],
  ]
  for (const { file, name, columns } of TABLES) {
    yield `<Table>\n<URL>${file}</URL>\n<Name>${name}</Name>\n<UTF8/>\n`
    yield '<DecimalSymbol>,</DecimalSymbol>\n<DigitGroupingSymbol>.</DigitGroupingSymbol>\n<Range><From>2</From></Range>\n'
    yield '<VariableLength>\n<ColumnDelimiter>;</ColumnDelimiter>\n<RecordDelimiter>&#13;&#10;</RecordDelimiter>\n'
    yield '<TextEncapsulator>"</TextEncapsulator>\n'
    for (const [column, type] of [...key, ...columns]) {
      const kind = type === 'text' ? '<AlphaNumeric/>' : '<Numeric/>'
      yield `<VariableColumn><Name>${column}</Name>${kind}</VariableColumn>\n`
    }
    yield '</VariableLength>\n</Table>\n'
  }
  yield '</Media>\n</DataSet>\n'
}
