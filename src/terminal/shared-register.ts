import type { DocumentId } from '../docs/naming.js'
import type { Sharing } from '../storage/durable-repo.js'

/**
 * The documents the relay knows the names of, over the present connection. Only these are offered to it: the relay
 * refuses what it has no name for, and automerge-repo would not offer it again.
 */
export class SharedRegister implements Sharing {
  readonly #shared = new Set<string>()
  #changed: () => void = () => undefined

  /** Called whenever automerge-repo has to look again. */
  onChange(changed: () => void): void {
    this.#changed = changed
  }

  add(ids: readonly DocumentId[]): void {
    const before = this.#shared.size
    for (const id of ids) this.#shared.add(id)
    if (this.#shared.size > before) this.#changed()
  }

  /** From now on the relay cannot send it back unasked. */
  remove(id: DocumentId): void {
    this.#shared.delete(id)
  }

  has(id: string): boolean {
    return this.#shared.has(id)
  }

  /** The connection has ended. */
  clear(): void {
    this.#shared.clear()
  }

  announce(_peer: string, document?: string): boolean {
    return document !== undefined && this.#shared.has(document)
  }

  access(_peer: string, document: string): boolean {
    return this.#shared.has(document)
  }
}
