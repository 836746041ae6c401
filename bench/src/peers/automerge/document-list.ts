import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DocumentId, UrlHeads } from '@automerge/automerge-repo'

/** The documents of a terminal by day or by invoice, and what of them the server has: a repo lists nothing. */
export class DocumentList {
  readonly #ids = new Map<string, DocumentId>()
  readonly #sent: Map<DocumentId, UrlHeads>
  readonly #listFile: string
  readonly #sentFile: string

  constructor(dir: string) {
    this.#listFile = join(dir, 'documents.txt')
    this.#sentFile = join(dir, 'sent.json')
    if (existsSync(this.#listFile)) {
      for (const line of readFileSync(this.#listFile, 'utf8').split('\n').filter(Boolean)) {
        const [key = '', id = ''] = line.split(' ')
        this.#ids.set(key, id as DocumentId)
      }
    }
    const sent = existsSync(this.#sentFile)
      ? (JSON.parse(readFileSync(this.#sentFile, 'utf8')) as [DocumentId, UrlHeads][])
      : []
    this.#sent = new Map(sent)
  }

  get(key: string): DocumentId | undefined {
    return this.#ids.get(key)
  }

  add(key: string, id: DocumentId): void {
    this.#ids.set(key, id)
    appendFileSync(this.#listFile, `${key} ${id}\n`)
  }

  /** Those that were never sent, and the last, which may have changed since. */
  unsent(): DocumentId[] {
    const ids = [...this.#ids.values()]
    return ids.filter((id, place) => place === ids.length - 1 || !this.#sent.has(id))
  }

  isSent(id: DocumentId, heads: UrlHeads): boolean {
    return this.#sent.get(id)?.join() === heads.join()
  }

  noteSent(all: readonly (readonly [DocumentId, UrlHeads])[]): void {
    for (const [id, heads] of all) this.#sent.set(id, heads)
    writeFileSync(this.#sentFile, JSON.stringify([...this.#sent]))
  }
}
