import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { REPOSITORY } from '../../places.js'

// What the bench uses of the product, which it loads as it was built. tests/bench/product.test.ts holds the two together.

export interface ProductAgent {
  readonly till: { sell(sale: ProductSale): Promise<{ readonly again: boolean }> }
  readonly catalogue: {
    edit(by: string, did: string, items: readonly ProductItemEdit[]): Promise<number>
    all(): AsyncIterable<ProductItem>
  }
  readonly documents: {
    known(
      kind: 'catalogue',
    ): readonly { readonly kind: 'catalogue'; readonly shop: string; readonly shard: number }[]
    id(name: { readonly kind: 'catalogue'; readonly shop: string; readonly shard: number }): string
  }
  readonly disk: { readonly durable: { flush(id: string): Promise<void> } }
  sync(): Promise<{
    readonly complete: boolean
    readonly receipted: number
    readonly notTaken: readonly { readonly name: string; readonly reason: string }[]
  }>
  disconnect(by: string): Promise<void>
  forceComplete(
    by: string,
    keepCatalogue: boolean,
  ): Promise<{
    readonly purged: number
    readonly kept: number
    readonly notTaken: readonly { readonly name: string; readonly reason: string }[]
  }>
  stop(): Promise<void>
}

export interface ProductSale {
  readonly by: string
  readonly externalRef: string
  readonly customer?: { readonly name?: string; readonly reference?: string }
  readonly lines: readonly {
    readonly id: string
    readonly sku: string
    readonly name: string
    readonly quantity: string
    readonly price: { readonly minor: number }
    readonly taxes: readonly { readonly name: string; readonly rate: string }[]
  }[]
  readonly tenders: readonly ProductTender[]
}

export interface ProductTender {
  readonly type: 'cash' | 'card' | 'other'
  readonly name?: string
  readonly minor: number
  readonly reference?: string
}

export interface ProductItemEdit {
  readonly sku: string
  readonly name: string
  readonly price: { readonly minor: number }
  readonly tax: string
  readonly unit: string
  readonly hsn: string
  readonly barcodes: readonly string[]
}

export interface ProductItem {
  readonly sku: string
  readonly name: string
  readonly price: { readonly minor: number }
  readonly tax: string
  readonly unit?: string
  readonly hsn?: string
  readonly barcodes: readonly string[]
}

/** An invoice as the relay exports it. */
export interface ProductExport {
  readonly type: 'invoice' | 'credit-note'
  readonly day: string
  readonly sealedAt: string
  readonly by: string
  readonly externalRef: string | null
  readonly customer?: { readonly name?: string; readonly reference?: string }
  readonly total: { readonly minor: number; readonly currency: string }
  readonly totals: { readonly taxable: number; readonly tax: number; readonly payable: number }
  readonly taxes: readonly {
    readonly name: string
    readonly rate: string
    readonly taxable: number
    readonly minor: number
  }[]
  readonly lines: readonly {
    readonly sku: string
    readonly name: string
    readonly quantity: string
    readonly price: { readonly minor: number; readonly per?: number }
    readonly taxes?: readonly { readonly name: string; readonly rate: string }[]
    readonly total: number
  }[]
  readonly tenders: readonly ProductTender[]
  readonly custody: 'none' | 'receipted'
}

export interface ProductLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** The modules of the built product that the bench calls. */
export interface Product {
  readonly openAgent: (options: {
    directory: string
    outside: Outside
    log: ProductLog
  }) => Promise<ProductAgent>
  readonly pair: (
    directory: string,
    disk: unknown,
    relay: string,
    code: string,
    signal: AbortSignal,
  ) => Promise<unknown>
  readonly openDirectory: (options: {
    directory: string
    kind: 'terminal'
    create: boolean
    disk: unknown
    now: () => Date
  }) => Promise<{ adopt(): Promise<void>; release(): Promise<void> }>
  readonly disk: unknown
  readonly readChecked: (disk: unknown, path: string) => Promise<unknown>
}

export interface Outside {
  readonly disk: unknown
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
}

export const CLI = join(REPOSITORY, 'dist', 'cli.js')

async function load(path: string): Promise<unknown> {
  return import(pathToFileURL(join(REPOSITORY, 'dist', path)).href)
}

/** What reads the product's small files. */
export async function loadFiles(): Promise<Pick<Product, 'disk' | 'readChecked'>> {
  const [disk, file] = await Promise.all([load('storage/disk.js'), load('storage/atomic-file.js')])
  return {
    disk: (disk as { nodeDisk: unknown }).nodeDisk,
    readChecked: (file as Pick<Product, 'readChecked'>).readChecked,
  }
}

/** Loads the product as it was built into dist/. */
export async function loadProduct(): Promise<Product> {
  const [files, agent, identity, directory] = await Promise.all([
    loadFiles(),
    load('terminal/agent.js'),
    load('terminal/identity.js'),
    load('storage/data-directory.js'),
  ])
  const { Agent } = agent as { Agent: { open: Product['openAgent'] } }
  const { DataDirectory } = directory as { DataDirectory: { open: Product['openDirectory'] } }
  return {
    ...files,
    openAgent: (options) => Agent.open(options),
    openDirectory: (options) => DataDirectory.open(options),
    pair: (identity as Pick<Product, 'pair'>).pair,
  }
}
