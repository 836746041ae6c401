import type { PeerId } from '@automerge/automerge-repo'
import { isIntakeOpen, isRevoked } from '../docs/fleet.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import type { Sharing } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import { DOCUMENTS, type Reach } from './access-table.js'
import type { Identity } from './sessions.js'
import type { Shops } from './shops.js'

/**
 * Which documents a terminal reaches (A2), as the access table says of their kind. A revoked one reaches nothing; while an
 * operator lets it hand in what it holds, its own day books and nothing else.
 */
export class Access implements Sharing {
  readonly #registry: IndexLog<DocumentName>
  readonly #shops: Shops
  readonly #now: () => Date

  constructor(registry: IndexLog<DocumentName>, shops: Shops, now: () => Date) {
    this.#registry = registry
    this.#shops = shops
    this.#now = now
  }

  mayRead(identity: Pick<Identity, 'terminal' | 'shop'>, name: DocumentName): boolean {
    if (name.shop !== identity.shop) return false
    const terminal = this.#shops.terminal(identity.terminal)?.terminal
    if (terminal && isRevoked(terminal)) {
      return name.kind === 'daybook' && name.terminal === terminal.id && isIntakeOpen(terminal, this.#now())
    }
    return this.#reaches(DOCUMENTS[name.kind].read, identity, name)
  }

  /** Whether a terminal may write into a document, and bring it into being. */
  mayWrite(identity: Pick<Identity, 'terminal' | 'shop'>, name: DocumentName): boolean {
    const terminal = this.#shops.terminal(identity.terminal)?.terminal
    if (!terminal || !this.mayRead(identity, name)) return false
    if (!this.#reaches(DOCUMENTS[name.kind].write, identity, name)) return false
    // A name that nobody gave out must not come into being.
    if (name.kind === 'daybook') return name.code === terminal.code && terminal.keys.has(name.epoch)
    return name.kind !== 'catalogue' || name.shard < this.#shops.get(identity.shop).catalogueShards
  }

  #reaches(reach: Reach, identity: Pick<Identity, 'terminal' | 'shop'>, name: DocumentName): boolean {
    switch (reach) {
      case 'shop':
        return true
      case 'managers':
        return this.#shops.terminal(identity.terminal)?.terminal.role === 'manager'
      case 'own':
        return 'terminal' in name && name.terminal === identity.terminal
      case 'none':
        return false
    }
  }

  /** The relay offers nothing unasked: a terminal asks for what it wants. */
  announce(): boolean {
    return false
  }

  access(peer: PeerId, document: DocumentId): boolean {
    return this.#may(peer, document, (identity, name) => this.mayRead(identity, name))
  }

  /** As {@link access}, whether a peer may change a document. */
  mayChange(peer: PeerId, document: DocumentId): boolean {
    return this.#may(peer, document, (identity, name) => this.mayWrite(identity, name))
  }

  #may(
    peer: PeerId,
    document: DocumentId,
    rule: (identity: Pick<Identity, 'terminal' | 'shop'>, name: DocumentName) => boolean,
  ): boolean {
    const name = this.#registry.get(document)
    const shop = this.#shops.terminal(peer)?.shop
    return name !== undefined && shop !== undefined && rule({ terminal: peer, shop: shop.id }, name)
  }
}
