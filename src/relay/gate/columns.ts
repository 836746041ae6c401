import { ByteReader, Malformed } from '../../docs/byte-reader.js'

/** The low three bits of a column's number: how its values are coded. */
const CODING = {
  group: 0,
  actor: 1,
  integer: 2,
  delta: 3,
  boolean: 4,
  string: 5,
  valueMetadata: 6,
  value: 7,
} as const

type Skip = (reader: ByteReader) => void

const skipUnsigned: Skip = (reader) => void reader.unsigned()
const skipSigned: Skip = (reader) => void reader.signed()
const skipText: Skip = (reader) => void reader.take(reader.unsigned())

/**
 * How many rows a column stands for, counted from its run lengths and not by unfolding them.
 * @param spec the column's number
 * @param most after so many rows the count may stop
 * @throws Malformed
 */
export function rowsOf(spec: number, data: Uint8Array, most: number): number {
  const reader = new ByteReader(data)
  switch (spec & 0x07) {
    case CODING.group:
    case CODING.actor:
    case CODING.integer:
    case CODING.valueMetadata:
      return runs(reader, skipUnsigned, most)
    case CODING.delta:
      return runs(reader, skipSigned, most)
    case CODING.string:
      return runs(reader, skipText, most)
    case CODING.boolean:
      return booleanRuns(reader, most)
    default:
      // Raw values, whose lengths stand in the column beside them.
      return 0
  }
}

/** A positive number repeats the value after it, a negative one is followed by so many values, 0 by a number of nulls. */
function runs(reader: ByteReader, skip: Skip, most: number): number {
  let rows = 0
  while (reader.left > 0 && rows <= most) {
    const length = reader.signed()
    if (length > 0) {
      skip(reader)
      rows += length
    } else if (length < 0) {
      if (-length > reader.left) throw new Malformed('a column announces more values than it has')
      for (let value = 0; value < -length; value += 1) skip(reader)
      rows += -length
    } else rows += reader.unsigned()
  }
  return rows
}

/** Numbers of false and true in turn. */
function booleanRuns(reader: ByteReader, most: number): number {
  let rows = 0
  while (reader.left > 0 && rows <= most) rows += reader.unsigned()
  return rows
}
