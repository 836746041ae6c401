// What the agent's API answers, as far as the page shows it. The agent's own types draw in Node and cannot be used
// here; tests/browser/shapes.ts holds the two against each other.
import type {
  BillItem,
  Customer,
  DayTotals,
  Discount,
  ExportedInvoice,
  LineOverride,
  Perpetual,
  Price,
  SealedLine,
  TaxGroup,
  Totals,
} from '../../docs/generated/types.js'

export interface Tally {
  readonly invoices: number
  readonly creditNotes: number
  readonly payable: number
  readonly oldest?: string
}

export interface Status {
  readonly terminal: {
    readonly code: string
    readonly name: string
    readonly role: string
    readonly epoch: string
  }
  readonly shop: {
    readonly name: string
    readonly currency: string | null
    readonly minorDigits: number | null
  }
  readonly mode: 'online' | 'disconnected'
  readonly link: {
    readonly state: 'up' | 'connecting' | 'down'
    readonly reason?: string
    readonly retryAt?: string
  }
  readonly syncing: boolean
  readonly unreceipted: Tally & { readonly documents: number }
  readonly receipted: Tally
  readonly images: Omit<ImageFigures, 'wanted'>
  readonly lastSync: string | null
  readonly markedSynced: string | null
  readonly force: { readonly state: string; readonly startedAt: string; readonly running: boolean } | null
  readonly blocked: { readonly message: string } | null
  readonly fork: { readonly message: string } | null
  readonly log: { readonly message: string } | null
  readonly damage: readonly { readonly path: string; readonly reason: string; readonly label?: string }[]
  readonly storage: { readonly ok: boolean; readonly message?: string }
}

export interface BillLine {
  readonly id: string
  readonly item: BillItem
  readonly quantity: string
  readonly override?: LineOverride
  readonly discount?: Discount
  readonly voided: boolean
}

export interface Bill {
  readonly id: string
  readonly status: 'open' | 'parked' | 'sealed' | 'cancelled'
  readonly opened: { readonly at: string; readonly terminal: string; readonly by: string }
  readonly label?: string
  readonly customer?: Customer
  readonly discount?: Discount
  readonly lines: readonly BillLine[]
  /** Numbers by terminal code. */
  readonly sealed: Readonly<Record<string, string>>
  readonly priced: {
    readonly lines: readonly SealedLine[]
    readonly taxes: readonly TaxGroup[]
    readonly totals: Totals
  } | null
  /** Lines that sell more than is on hand: shown, and sold all the same. */
  readonly oversold?: readonly OversoldLine[]
  /** Why it cannot be priced. */
  readonly problem?: string
}

export type ItemField = 'name' | 'price' | 'tax' | 'unit' | 'hsn' | 'barcodes' | 'withdrawn' | 'image'

interface ItemFacts {
  readonly sku: string
  readonly name: string
  readonly price: Price
  readonly tax?: string
  readonly unit?: string
  readonly hsn?: string
  readonly barcodes: readonly string[]
  readonly withdrawn?: boolean
  /** SHA-256 of its picture, hexadecimal. */
  readonly image?: string
}

/** An item as a search finds it: a conflict is named, but not who wrote it. */
export interface FoundItem extends ItemFacts {
  /** As the relay knows it, less what was sold here since; undefined for an item that nobody counts. */
  readonly onHand?: string
  readonly oversold?: boolean
  readonly conflicts: readonly { readonly field: ItemField }[]
}

export interface ConflictingValue {
  readonly value: string
  readonly winner: boolean
  readonly terminal: string
  readonly by: string
  readonly at: string
}

export interface Conflict {
  readonly field: ItemField
  readonly values: readonly ConflictingValue[]
}

export interface Item extends ItemFacts {
  readonly conflicts: readonly Conflict[]
}

/**
 * Where a sale is. here: on this terminal only. relay: a verified custody receipt covers it. closed: and its business
 * day is closed.
 */
export type SaleState = 'here' | 'relay' | 'closed'

/** An invoice or credit note as the page lists and prints it. */
export interface Sale extends ExportedInvoice {
  readonly state?: SaleState
  readonly shortHash?: string
  /** For the QR code of the slip: docs/FORMATS.md says what is in it. */
  readonly qr?: string
}

export interface SaleLookup {
  readonly invoice: Sale
  readonly corrections: readonly Sale[]
}

export interface OversoldLine {
  readonly sku: string
  readonly onHand: string
  readonly wanted: string
}

/** Images on this terminal; sizes in bytes. */
export interface ImageFigures {
  readonly here: Figure
  readonly unreceipted: Figure
  readonly wanted: Figure
  readonly cacheLimitBytes: number
  readonly lastSync: string | null
}

interface Figure {
  readonly count: number
  readonly bytes: number
}

export interface ImageSyncResult {
  readonly uploaded: number
  readonly downloaded: number
  readonly bytes: number
  readonly receipted: number
  readonly notTaken: readonly NotTaken[]
  readonly complete: boolean
}

export interface ImageForceResult {
  readonly uploaded: number
  readonly receipted: number
  readonly cleared: number
  readonly bytes: number
  readonly kept: number
  readonly notTaken: readonly NotTaken[]
  readonly complete: boolean
}

/** What a force-complete would do now. */
export interface ForcePreview {
  readonly invoices: number
  readonly creditNotes: number
  readonly payable: number
  readonly unreceipted: number
  readonly openBills: number
  readonly documents: number
  readonly bytesAbout: number
  readonly deletes: number
}

/** How slips of this terminal are printed. */
export interface Printing {
  readonly widthMm: 80 | 58
  readonly header: string
  readonly footer: string
  readonly copies: number
  readonly autoPrint: boolean
  readonly drawerOnCash: boolean
}

export interface Seller {
  readonly name: string
  readonly address?: string
  readonly taxId?: string
}

export interface Day {
  readonly day?: string
  readonly totals: DayTotals
  readonly perpetual: Perpetual
}

export interface NotTaken {
  readonly name: string
  readonly reason: string
}

export interface SyncResult {
  readonly received: number
  readonly receipted: number
  readonly notTaken: readonly NotTaken[]
  readonly relayBehind: boolean
  readonly complete: boolean
  readonly newEpoch?: string
  readonly intake?: true
}

export interface ForceResult {
  readonly purged: number
  readonly kept: number
  readonly bytes: number
  readonly notTaken: readonly NotTaken[]
}

export interface WorkProgress {
  readonly phase: string
  readonly done: number
  readonly total: number
  readonly unit?: 'documents' | 'bytes'
}
