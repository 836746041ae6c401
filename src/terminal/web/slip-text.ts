import { dateTime } from '../../pages/format.js'
import type { DayCloseRecord, ExportedInvoice, SealedLine, TrainingSale } from '../../docs/generated/types.js'
import { plainAmount } from './money.js'
import type { Printing, Sale, Seller } from './shapes.js'
import { t } from './texts.js'

/** Characters in a line of a receipt printer, by the width of its paper in mm. */
const CHARACTERS = { 80: 42, 58: 32 } as const

export type Paper = keyof typeof CHARACTERS

/** Texts of a slip: what stands above and below what is sold. */
export interface SlipFrame {
  readonly paper: Paper
  readonly seller: Seller | undefined
  readonly header: string
  readonly footer: string
}

export function frameOf(printing: Printing | undefined, seller: Seller | undefined): SlipFrame {
  const { widthMm = 80, header = '', footer = '' } = printing ?? {}
  return { paper: widthMm, seller, header, footer }
}

/** Lays lines out on paper of one width. */
class Layout {
  readonly #width: number

  constructor(paper: Paper) {
    this.#width = CHARACTERS[paper]
  }

  get rule(): string {
    return '-'.repeat(this.#width)
  }

  centred(text: string): string[] {
    return this.wrapped(text).map(
      (line) => ' '.repeat(Math.max(0, Math.floor((this.#width - [...line].length) / 2))) + line,
    )
  }

  /** Breaks at spaces where there are any, and never inside a character. */
  wrapped(text: string): string[] {
    const lines: string[] = []
    for (const paragraph of text.split('\n')) {
      let rest = [...paragraph]
      while (rest.length > this.#width) {
        const space = rest.slice(0, this.#width + 1).lastIndexOf(' ')
        const cut = space > 0 ? space : this.#width
        lines.push(rest.slice(0, cut).join(''))
        rest = rest.slice(space > 0 ? cut + 1 : cut)
      }
      lines.push(rest.join(''))
    }
    return lines
  }

  pair(left: string, right: string): string[] {
    const room = this.#width - [...right].length - 1
    if ([...left].length > room) return [...this.wrapped(left), right.padStart(this.#width)]
    return [`${left}${' '.repeat(room - [...left].length)} ${right}`]
  }
}

function heading(layout: Layout, { seller, header }: SlipFrame): string[] {
  return [
    ...(seller === undefined ? [] : layout.centred(seller.name)),
    ...(seller?.address === undefined ? [] : layout.centred(seller.address)),
    ...(seller?.taxId === undefined ? [] : layout.centred(t.value.slip.taxNumber(seller.taxId))),
    ...(header.trim() === '' ? [] : layout.centred(header.trim())),
    layout.rule,
  ]
}

function lineText(layout: Layout, line: SealedLine): string[] {
  const { name, quantity, price, unit, discount = 0, billDiscount = 0, gross } = line
  const per = price.per === undefined ? '' : t.value.slip.per(price.per)
  const off = discount + billDiscount
  return [
    ...layout.wrapped(name),
    ...layout.pair(`  ${quantity} ${unit ?? ''} x ${plainAmount(price.minor)}${per}`, plainAmount(gross)),
    ...(off === 0 ? [] : layout.pair(`  ${t.value.slip.discount}`, plainAmount(-off))),
  ]
}

/** What was given back in cash of what was given. */
export function changeOf({ type, tenders, totals }: ExportedInvoice): number {
  return type === 'invoice' ? tenders.reduce((sum, { minor }) => sum + minor, 0) - totals.payable : 0
}

/** What is sold, what it comes to, and how it is paid. */
function figures(
  layout: Layout,
  { lines, totals, taxes, tenders }: Pick<TrainingSale, 'lines' | 'totals' | 'taxes' | 'tenders'>,
  currency: string,
  change: number,
): string[] {
  const { slip } = t.value
  const pair = (left: string, right: string): string[] => layout.pair(left, right)
  return [
    layout.rule,
    ...lines.flatMap((line) => lineText(layout, line)),
    layout.rule,
    ...pair(slip.taxable, plainAmount(totals.taxable)),
    ...taxes.flatMap(({ name, rate, minor }) => pair(`${name} ${rate}%`, plainAmount(minor))),
    ...(totals.roundOff === 0 ? [] : pair(slip.roundOff, plainAmount(totals.roundOff))),
    ...pair(slip.total(currency), plainAmount(totals.payable)),
    layout.rule,
    ...tenders.flatMap(({ type, name, minor }) =>
      pair(name ?? t.value.tenderTypes[type], plainAmount(minor)),
    ),
    ...(change === 0 ? [] : pair(slip.change, plainAmount(change))),
    layout.rule,
  ]
}

/** A slip of training mode: nobody may take it for a receipt, whichever end of it is torn off. */
export function trainingLines(sale: TrainingSale, frame: SlipFrame): string[] {
  const layout = new Layout(frame.paper)
  const { slip } = t.value
  const warning = [...layout.centred(slip.training), ...layout.centred(slip.notASale)]
  return [
    ...warning,
    ...heading(layout, frame),
    ...layout.pair(slip.servedBy, sale.by),
    ...figures(layout, sale, sale.currency, sale.change),
    ...warning,
  ]
}

/** @param duplicate which copy it is; 0 for the slip that was printed first */
export function saleLines(sale: Sale, frame: SlipFrame, duplicate: number): string[] {
  const layout = new Layout(frame.paper)
  const { slip } = t.value
  const { corrects, customer, shortHash, hash } = sale
  const pair = (left: string, right: string): string[] => layout.pair(left, right)
  return [
    ...heading(layout, frame),
    ...layout.centred(sale.type === 'invoice' ? slip.invoice : slip.creditNote),
    ...(duplicate > 0 ? layout.centred(slip.duplicate(duplicate)) : []),
    ...pair(slip.number, sale.number),
    ...pair(slip.sealed, dateTime(sale.sealedAt)),
    ...pair(slip.servedBy, sale.by),
    ...(customer?.name === undefined ? [] : pair(slip.customer, customer.name)),
    ...(customer?.taxId === undefined ? [] : pair(slip.customerTaxId, customer.taxId)),
    ...(corrects === undefined
      ? []
      : pair(slip.corrects, 'number' in corrects ? corrects.number : corrects.outside)),
    ...figures(layout, sale, sale.total.currency, changeOf(sale)),
    ...pair(slip.hash, shortHash ?? hash.slice(0, 16)),
    ...(frame.footer.trim() === '' ? [] : layout.centred(frame.footer.trim())),
  ]
}

export function dayLines({ z, day, at, by, totals, perpetual }: DayCloseRecord, frame: SlipFrame): string[] {
  const layout = new Layout(frame.paper)
  const { slip } = t.value
  const pair = (left: string, right: string): string[] => layout.pair(left, right)
  return [
    ...heading(layout, frame),
    ...layout.centred(slip.dayClose(z)),
    ...pair(slip.businessDay, day),
    ...pair(slip.closed, dateTime(at)),
    ...pair(slip.by, by),
    layout.rule,
    ...pair(slip.invoices, String(totals.invoices)),
    ...pair(slip.creditNotes, String(totals.creditNotes)),
    ...totals.series.flatMap(({ from, to }) => pair(from, slip.to(to))),
    ...pair(slip.taxable, plainAmount(totals.taxable)),
    ...totals.taxes.flatMap(({ name, rate, minor }) => pair(`${name} ${rate}%`, plainAmount(minor))),
    ...pair(slip.roundOff, plainAmount(totals.roundOff)),
    ...pair(slip.total(totals.currency), plainAmount(totals.payable)),
    layout.rule,
    ...totals.tenders.flatMap(({ type, name, minor }) =>
      pair(name ?? t.value.tenderTypes[type], plainAmount(minor)),
    ),
    layout.rule,
    ...pair(slip.perpetual, plainAmount(perpetual.payable)),
    ...pair(slip.invoicesEver, String(perpetual.invoices)),
    ...pair(slip.creditNotesEver, String(perpetual.creditNotes)),
  ]
}
