import type * as A from '@automerge/automerge'
import type { FlatDoc } from '../docs/flat.js'
import type { DocumentName } from '../docs/naming.js'

/** Where documents come from: the ids and names there are, and a way to look into one. */
export interface Library {
  documents(): Iterable<readonly [id: string, name: DocumentName]>
  /** Calls `use` with the document, or with undefined where it is not here; it need not stay in memory after. */
  look<R>(id: string, use: (doc: A.Doc<FlatDoc> | undefined) => R): Promise<R>
}
