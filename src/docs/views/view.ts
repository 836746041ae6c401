import type { Day } from '../generated/types.js'
import type { SealedRecord } from '../record.js'

/** A file of a view: its name below `views/`, and its parts, which joined are its UTF-8 text. */
export interface ViewFile {
  readonly name: string
  readonly lines: Iterable<string>
}

/** What a view is told besides the records. */
export interface About {
  /** The first and the last business day that were asked for. */
  readonly from?: Day | undefined
  readonly to?: Day | undefined
  /** Version of the software that writes it. */
  readonly software: string
}

/**
 * A way to show sealed records to people or to other software. Of the same records it always makes the same bytes, so
 * that a verifier can make it again.
 * @param records in the order of their chains; gone through as often as there are files
 */
export type View = (records: Iterable<SealedRecord>, about: About) => Iterable<ViewFile>
