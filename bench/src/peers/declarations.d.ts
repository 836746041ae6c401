// What the bench uses of packages that bring no types of their own.

declare module 'pouchdb' {
  export type Stored<T> = T & { readonly _id: string; readonly _rev?: string }

  interface Row<T> {
    readonly id: string
    readonly value: { readonly rev: string }
    readonly doc?: Stored<T>
  }

  interface Replicated {
    readonly ok: boolean
    readonly docs_written: number
    readonly doc_write_failures: number
  }

  interface ReplicationOptions {
    readonly batch_size?: number
    readonly batches_limit?: number
  }

  export default class PouchDB<T> {
    static defaults(options: { readonly prefix: string }): typeof PouchDB
    constructor(name: string, options?: { readonly auto_compaction?: boolean })
    put(document: Stored<T>): Promise<unknown>
    bulkDocs(documents: readonly Stored<T>[]): Promise<readonly { readonly error?: unknown }[]>
    allDocs(options: {
      readonly include_docs?: boolean
      readonly startkey?: string
      readonly limit?: number
      readonly skip?: number
    }): Promise<{ readonly rows: readonly Row<T>[] }>
    readonly replicate: {
      to(target: PouchDB<T>, options?: ReplicationOptions): Promise<Replicated>
      from(source: PouchDB<T>, options?: ReplicationOptions): Promise<Replicated>
    }
    close(): Promise<void>
  }
}

declare module 'express-pouchdb' {
  import type { RequestListener } from 'node:http'
  import type PouchDB from 'pouchdb'

  export default function expressPouchDB(
    store: typeof PouchDB,
    options: { readonly mode: 'minimumForPouchDB' | 'fullCouchDB'; readonly inMemoryConfig: boolean },
  ): RequestListener
}

// Its own are not reached through its exports.
declare module 'y-leveldb' {
  import type { Doc } from 'yjs'

  export class LeveldbPersistence {
    constructor(location: string)
    getYDoc(name: string): Promise<Doc>
    storeUpdate(name: string, update: Uint8Array): Promise<number>
    setMeta(name: string, key: string, value: unknown): Promise<void>
    getMeta(name: string, key: string): Promise<unknown>
    delMeta(name: string, key: string): Promise<void>
    getAllDocNames(): Promise<string[]>
    destroy(): Promise<void>
  }
}
