import { isSale, type SaleRecord, type SealedRecord } from '../record.js'

/** The sales among these records, each with the record it stands in. */
export function* salesIn(
  records: Iterable<SealedRecord>,
): Generator<{ readonly sale: SaleRecord; readonly record: SealedRecord }> {
  for (const record of records) if (isSale(record.body)) yield { sale: record.body, record }
}
