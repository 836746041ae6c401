import type { ExportManifest } from '../generated/types.js'
import type { SealedRecord } from '../record.js'

/** What an export is about, as its manifest says. */
export type About = Pick<ExportManifest, 'organisation' | 'shops' | 'from' | 'to' | 'at'>

export interface ViewFile {
  /** Below views/. */
  readonly name: string
  /** Its text in pieces, with their line ends. */
  readonly lines: Iterable<string>
}

/**
 * Makes files for people or other software out of sealed records and nothing else, so that whoever has the records can make
 * them again and compare. The records can be gone through more than once, and are not to be held.
 */
export type View = (records: Iterable<SealedRecord>, about: About) => Iterable<ViewFile>
