import { ImmutableString } from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import { noteText } from '../docs/change-note.js'
import type { FlatDoc } from '../docs/flat.js'
import { documentId, type DocumentName } from '../docs/naming.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'

export interface OwnDocumentsOptions {
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly organisation: string
  readonly now: () => Date
}

/** Documents that only the relay writes: stock and sales. Each is made when it is first needed. */
export class OwnDocuments {
  readonly #options: OwnDocumentsOptions

  constructor(options: OwnDocumentsOptions) {
    this.#options = options
  }

  async own(name: DocumentName): Promise<DocHandle<FlatDoc>> {
    const { durable, registry, organisation, now } = this.#options
    const id = documentId(organisation, name)
    if (!registry.has(id)) await registry.set(id, name)
    const note = {
      message: noteText({ terminal: 'relay', by: 'relay', did: 'begin' }),
      time: Math.floor(now().getTime() / 1000),
    }
    return durable.create<FlatDoc>(id, note, (draft) => {
      draft['kind'] = new ImmutableString(name.kind)
    })
  }
}
