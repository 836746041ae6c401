import type * as A from '@automerge/automerge'
import { jsonAt, keyOf, keysUnder, plain, put, segmentsOf, textAt, type FlatDoc } from './flat.js'
import type { BillItem, BillOpened, Customer, Discount, LineOverride } from './generated/types.js'
import { validate } from './validate.js'

export type BillStatus = 'open' | 'parked' | 'sealed' | 'cancelled'

export interface BillLine {
  readonly id: string
  /** The item as it was when it was added; the catalogue may change meanwhile. */
  readonly item: BillItem
  readonly quantity: string
  readonly override?: LineOverride
  readonly discount?: Discount
  /** A line taken off stays in the document, so that it can be seen that it was there. */
  readonly voided: boolean
}

/** A draft that any terminal of the shop may edit. */
export interface Bill {
  readonly id: string
  readonly status: BillStatus
  readonly opened: BillOpened
  readonly label?: string
  readonly customer?: Customer
  readonly discount?: Discount
  readonly lines: readonly BillLine[]
  /** By terminal code, the number it was sealed under. More than one means that two terminals sealed it apart. */
  readonly sealed: ReadonlyMap<string, string>
}

const key = (bill: string, ...rest: readonly string[]): string => keyOf('bill', bill, ...rest)

const BILLS = keyOf('bill', '')

/** The keys of each bill; a day has many thousand, so that they are neither sorted nor taken apart. */
function keysByBill(doc: A.Doc<FlatDoc>): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const entry of Object.keys(doc)) {
    if (!entry.startsWith(BILLS)) continue
    const bill = entry.slice(0, entry.indexOf('/', BILLS.length))
    const keys = found.get(bill)
    if (keys) keys.push(entry)
    else found.set(bill, [entry])
  }
  return found
}

/** The bills of a document that are open or parked, oldest first. A day's sealed bills are many, and are not read. */
export function unsealedIn(doc: A.Doc<FlatDoc>): Bill[] {
  const found: Bill[] = []
  for (const [prefix, keys] of keysByBill(doc)) {
    const id = segmentsOf(prefix)[1] ?? ''
    if (statusUnder(doc, id, keys) === 'sealed') continue
    const bill = readKeys(doc, id, keys.sort())
    if (bill?.status === 'open' || bill?.status === 'parked') found.push(bill)
  }
  return found.sort((a, b) => a.opened.at.localeCompare(b.opened.at) || a.id.localeCompare(b.id))
}

function readLines(doc: A.Doc<FlatDoc>, bill: string, keys: readonly string[]): BillLine[] {
  const lines: BillLine[] = []
  for (const entry of keys) {
    const [, , part, id = '', field] = segmentsOf(entry)
    if (part !== 'line' || field !== 'item') continue
    const item = jsonAt(doc, entry)
    validate<BillItem>('bill.schema.json#/$defs/BillItem', item, 'item of a bill line')
    const override = jsonAt(doc, key(bill, 'line', id, 'override')) as LineOverride | undefined
    const discount = jsonAt(doc, key(bill, 'line', id, 'discount')) as Discount | undefined
    lines.push({
      id,
      item,
      quantity: textAt(doc, key(bill, 'line', id, 'quantity')) ?? '1',
      ...(override ? { override } : {}),
      ...(discount ? { discount } : {}),
      voided: plain(doc[key(bill, 'line', id, 'voided')]) === true,
    })
  }
  return lines.sort((a, b) => a.item.order - b.item.order || a.id.localeCompare(b.id))
}

/** @returns undefined when the document has no such bill */
export function readBill(doc: A.Doc<FlatDoc>, id: string): Bill | undefined {
  return key(id, 'opened') in doc ? readKeys(doc, id, keysUnder(doc, 'bill', id)) : undefined
}

function readKeys(doc: A.Doc<FlatDoc>, id: string, keys: readonly string[]): Bill | undefined {
  const opened = jsonAt(doc, key(id, 'opened'))
  if (opened === undefined) return undefined
  validate<BillOpened>('bill.schema.json#/$defs/BillOpened', opened, 'opening of a bill')
  const sealed = new Map(
    sealsAmong(id, keys).map((entry) => [segmentsOf(entry)[3] ?? '', textAt(doc, entry) ?? '']),
  )
  const label = textAt(doc, key(id, 'label'))
  const customer = jsonAt(doc, key(id, 'customer')) as Customer | undefined
  const discount = jsonAt(doc, key(id, 'discount')) as Discount | undefined
  return {
    id,
    status: statusUnder(doc, id, keys),
    opened,
    ...(label ? { label } : {}),
    ...(customer ? { customer } : {}),
    ...(discount ? { discount } : {}),
    lines: readLines(doc, id, keys),
    sealed,
  }
}

function sealsAmong(id: string, keys: readonly string[]): string[] {
  const prefix = key(id, 'sealed', '')
  return keys.filter((entry) => entry.startsWith(prefix))
}

/** A seal cannot be undone by an edit of the status made elsewhere at the same time. */
function statusUnder(doc: A.Doc<FlatDoc>, id: string, keys: readonly string[]): BillStatus {
  if (sealsAmong(id, keys).length > 0) return 'sealed'
  const text = textAt(doc, key(id, 'status'))
  return text === 'parked' || text === 'cancelled' ? text : 'open'
}

export function openBill(draft: FlatDoc, before: A.Doc<FlatDoc>, id: string, opened: BillOpened): void {
  put(draft, before, key(id, 'opened'), JSON.stringify(opened))
  put(draft, before, key(id, 'status'), 'open')
}

export function addLine(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  bill: string,
  line: string,
  item: BillItem,
  quantity: string,
): void {
  put(draft, before, key(bill, 'line', line, 'item'), JSON.stringify(item))
  put(draft, before, key(bill, 'line', line, 'quantity'), quantity)
}

/** What may be changed of a line; `null` takes a discount or override away. */
export interface LineEdit {
  readonly quantity?: string | undefined
  readonly discount?: Discount | null | undefined
  readonly override?: LineOverride | null | undefined
  readonly voided?: boolean | undefined
}

function putJson(draft: FlatDoc, before: A.Doc<FlatDoc>, at: string, value: unknown): void {
  if (value === undefined) return
  if (value !== null) put(draft, before, at, JSON.stringify(value))
  else if (at in before) delete draft[at]
}

export function editLine(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  bill: string,
  line: string,
  edit: LineEdit,
): void {
  if (edit.quantity !== undefined) put(draft, before, key(bill, 'line', line, 'quantity'), edit.quantity)
  if (edit.voided !== undefined) put(draft, before, key(bill, 'line', line, 'voided'), edit.voided)
  putJson(draft, before, key(bill, 'line', line, 'discount'), edit.discount)
  putJson(draft, before, key(bill, 'line', line, 'override'), edit.override)
}

/** What may be changed of a bill as a whole; `null` takes a value away. */
export interface BillEdit {
  readonly status?: Exclude<BillStatus, 'sealed'> | undefined
  readonly label?: string | null | undefined
  readonly customer?: Customer | null | undefined
  readonly discount?: Discount | null | undefined
}

export function editBill(draft: FlatDoc, before: A.Doc<FlatDoc>, bill: string, edit: BillEdit): void {
  if (edit.status !== undefined) put(draft, before, key(bill, 'status'), edit.status)
  if (edit.label === null) {
    if (key(bill, 'label') in before) delete draft[key(bill, 'label')]
  } else if (edit.label !== undefined) put(draft, before, key(bill, 'label'), edit.label)
  putJson(draft, before, key(bill, 'customer'), edit.customer)
  putJson(draft, before, key(bill, 'discount'), edit.discount)
}

export function markSealed(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  bill: string,
  code: string,
  number: string,
): void {
  put(draft, before, key(bill, 'sealed', code), number)
  put(draft, before, key(bill, 'status'), 'sealed')
}
