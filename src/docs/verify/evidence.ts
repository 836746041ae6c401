import type { ExportKeys, Verdict } from '../generated/types.js'
import type { DocumentName } from '../naming.js'
import type { RecordLine } from '../bundle/record-line.js'
import type { Findings } from './findings.js'
import type { LogEvidence } from './log.js'

export interface StoredBook {
  readonly id: string
  readonly saved: Uint8Array
}

/**
 * What is to be verified, wherever it lies. It is read in this order, each once; what cannot be read at all is added to
 * the findings by whoever reads.
 */
export interface Evidence {
  readonly what: Verdict['what']
  readonly organisation: string | undefined
  readonly keys: ExportKeys
  /** Whether the relay with the given key signed `keys`. */
  readonly isVouched: boolean
  readonly names: ReadonlyMap<string, DocumentName>
  /** Business days it is about; it says nothing of others. */
  readonly from: string | null
  readonly to: string | null
  /** Shops it is about; undefined for all. */
  readonly shops: ReadonlySet<string> | undefined
  /** Whether it has to begin with the first record of each chain. */
  readonly isWhole: boolean
  /** Whether records may be there that have not entered their day book yet. */
  readonly isLoose: boolean
  readonly log: LogEvidence | undefined
  receipts(findings: Findings): AsyncIterable<unknown>
  /** Chain after chain, by position. */
  records(findings: Findings): AsyncIterable<RecordLine>
  documents(findings: Findings): AsyncIterable<StoredBook>
}
