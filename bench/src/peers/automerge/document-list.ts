import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DocumentId } from '@automerge/automerge-repo'

/** The documents of a terminal by day or by invoice, and whether the server has all of them: a repo lists nothing. */
export class DocumentList {
  readonly #ids = new Map<string, DocumentId>()
  readonly #unsent = new Set<DocumentId>()
  readonly #file: string

  constructor(dir: string) {
    this.#file = join(dir, 'documents.txt')
    if (!existsSync(this.#file)) return
    for (const line of readFileSync(this.#file, 'utf8').split('\n').filter(Boolean)) {
      const [what, id, key] = line.split(' ') as [string, DocumentId, string?]
      if (key !== undefined) this.#ids.set(key, id)
      if (what === 'sent') this.#unsent.delete(id)
      else this.#unsent.add(id)
    }
  }

  get(key: string): DocumentId | undefined {
    return this.#ids.get(key)
  }

  add(key: string, id: DocumentId): void {
    this.#ids.set(key, id)
    this.#unsent.add(id)
    appendFileSync(this.#file, `new ${id} ${key}\n`)
  }

  /** To be said before a document changes. */
  noteChange(id: DocumentId): void {
    if (this.#unsent.has(id)) return
    this.#unsent.add(id)
    appendFileSync(this.#file, `changed ${id}\n`)
  }

  /** Those that are new or have changed since they were sent. */
  unsent(): DocumentId[] {
    return [...this.#unsent]
  }

  noteSent(ids: readonly DocumentId[]): void {
    for (const id of ids) this.#unsent.delete(id)
    appendFileSync(this.#file, ids.map((id) => `sent ${id}\n`).join(''))
  }
}
