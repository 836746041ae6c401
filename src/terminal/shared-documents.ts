import * as A from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import { noteText, type ChangeNote } from '../docs/change-note.js'
import type { FlatDoc } from '../docs/flat.js'
import { documentId, type DocumentId, type DocumentName } from '../docs/naming.js'
import { readPeople, type Person } from '../docs/people.js'
import { readShop, ShopIncomplete, type Shop } from '../docs/shop.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import { Queues } from '../storage/queues.js'
import type { Outside } from './context.js'
import type { TerminalIdentity } from './identity.js'

export interface SharedDocumentsOptions {
  readonly outside: Outside
  readonly identity: () => TerminalIdentity
  readonly durable: DurableRepo
  readonly names: IndexLog<DocumentName>
}

/** The documents a shop's terminals share: found, made when first needed, and changed durably. */
export class SharedDocuments {
  readonly #options: SharedDocumentsOptions
  readonly #queue = new Queues()
  #shop: { readonly heads: string; readonly shop: Shop } | undefined
  #people: { readonly heads: string; readonly people: readonly Person[] } | undefined
  #shopHandle: DocHandle<FlatDoc> | undefined

  constructor(options: SharedDocumentsOptions) {
    this.#options = options
  }

  id(name: DocumentName): DocumentId {
    return documentId(this.#options.identity().organisation, name)
  }

  /** Loads the shop's document, if it has arrived. */
  async loadShop(): Promise<void> {
    this.#shopHandle = await this.#options.durable.open<FlatDoc>(
      this.id({ kind: 'shop', shop: this.#options.identity().shop }),
    )
  }

  /** @throws ShopIncomplete before the first sync */
  shop(): Shop {
    if (!this.#shopHandle?.isReady()) {
      if (this.#shop) return this.#shop.shop
      throw new ShopIncomplete('everything')
    }
    const doc = this.#shopHandle.doc()
    const heads = A.getHeads(doc).join()
    if (this.#shop?.heads !== heads) this.#shop = { heads, shop: readShop(doc) }
    return this.#shop.shop
  }

  /** What this terminal is called in the shop's document; undefined where that does not say. */
  ownName(): string | undefined {
    if (!this.#shopHandle?.isReady()) return undefined
    return this.shop().terminals.get(this.#options.identity().terminal)?.name
  }

  /** The persons of the shop, with those who were removed; none before the first sync. */
  people(): readonly Person[] {
    if (this.#shopHandle?.isReady()) {
      const doc = this.#shopHandle.doc()
      const heads = A.getHeads(doc).join()
      if (this.#people?.heads !== heads) this.#people = { heads, people: readPeople(doc) }
    }
    return this.#people?.people ?? []
  }

  /** A document as it is; undefined where it is not on this disk. */
  async look(name: DocumentName): Promise<A.Doc<FlatDoc> | undefined> {
    return (await this.#options.durable.open<FlatDoc>(this.id(name)))?.doc()
  }

  /**
   * Changes a document, makes it if there is none, and resolves when that is on the disk.
   * @throws StorageWriteError: the change is in memory, and is tried to be saved again
   */
  change(
    name: DocumentName,
    by: string,
    did: string,
    write: (draft: FlatDoc, before: A.Doc<FlatDoc>) => void,
  ): Promise<void> {
    const id = this.id(name)
    return this.#queue.run(id, async () => {
      const { durable, names, outside, identity } = this.#options
      const note: ChangeNote = { terminal: identity().code, by, did }
      const options = { message: noteText(note), time: Math.floor(outside.now().getTime() / 1000) }
      if (!names.has(id)) await names.set(id, name)
      const handle = await durable.open<FlatDoc>(id)
      if (handle) {
        const before = handle.doc()
        handle.change((draft) => write(draft, before), options)
        await durable.flush(id)
      } else {
        await durable.create<FlatDoc>(id, options, (draft) => write(draft, {}))
      }
    })
  }

  /** Runs work while nobody here changes this document. */
  exclusively<R>(id: DocumentId, work: () => Promise<R>): Promise<R> {
    return this.#queue.run(id, work)
  }

  /** The documents of a kind that this terminal knows the names of. */
  known<K extends DocumentName['kind']>(kind: K): Extract<DocumentName, { kind: K }>[] {
    const found: Extract<DocumentName, { kind: K }>[] = []
    for (const [, name] of this.#options.names.entries()) {
      if (name.kind === kind) found.push(name as Extract<DocumentName, { kind: K }>)
    }
    return found
  }
}
