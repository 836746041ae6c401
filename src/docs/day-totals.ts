import type { DayTotals, Perpetual, SeriesRun, TaxGroup, TenderTotal } from './generated/types.js'
import type { SaleRecord } from './record.js'

/** Totals over records. Credit notes carry negative figures, so everything here is a plain sum. */
export function noTotals(currency: string): DayTotals {
  return {
    currency,
    invoices: 0,
    creditNotes: 0,
    taxable: 0,
    tax: 0,
    roundOff: 0,
    payable: 0,
    taxes: [],
    tenders: [],
    series: [],
  }
}

export const NO_PERPETUAL: Perpetual = { invoices: 0, creditNotes: 0, payable: 0 }

function addTaxes(groups: readonly TaxGroup[], more: readonly TaxGroup[]): TaxGroup[] {
  const sums = new Map(groups.map((group) => [`${group.name} ${group.rate}`, group]))
  for (const group of more) {
    const key = `${group.name} ${group.rate}`
    const old = sums.get(key)
    sums.set(
      key,
      old ? { ...old, taxable: old.taxable + group.taxable, minor: old.minor + group.minor } : { ...group },
    )
  }
  return [...sums.values()]
}

function addTenders(totals: readonly TenderTotal[], sale: SaleRecord): TenderTotal[] {
  const own: TenderTotal[] = sale.tenders.map(({ type, name, minor }) =>
    name === undefined ? { type, minor } : { type, name, minor },
  )
  // Change leaves the drawer in cash.
  if (sale.type === 'invoice' && sale.change !== 0) own.push({ type: 'cash', minor: -sale.change })
  return sumTenders([...totals, ...own])
}

/** Adds the totals of the records that follow. */
export function mergeTotals(totals: DayTotals, more: DayTotals): DayTotals {
  const series = [...totals.series]
  for (const run of more.series) {
    const index = series.findIndex(
      ({ type, from }) => type === run.type && prefixOf(from) === prefixOf(run.from),
    )
    const known = series[index]
    if (known) series[index] = { ...known, to: run.to, count: known.count + run.count }
    else series.push(run)
  }
  return {
    currency: totals.currency,
    invoices: totals.invoices + more.invoices,
    creditNotes: totals.creditNotes + more.creditNotes,
    taxable: totals.taxable + more.taxable,
    tax: totals.tax + more.tax,
    roundOff: totals.roundOff + more.roundOff,
    payable: totals.payable + more.payable,
    taxes: addTaxes(totals.taxes, more.taxes),
    tenders: sumTenders([...totals.tenders, ...more.tenders]),
    series,
  }
}

function sumTenders(totals: readonly TenderTotal[]): TenderTotal[] {
  const sums = new Map<string, TenderTotal>()
  for (const total of totals) {
    const key = `${total.type} ${total.name ?? ''}`
    const old = sums.get(key)
    sums.set(key, old ? { ...old, minor: old.minor + total.minor } : total)
  }
  return [...sums.values()]
}

function prefixOf(number: string): string {
  return number.slice(0, number.lastIndexOf('/'))
}

function addNumber(runs: readonly SeriesRun[], sale: SaleRecord): SeriesRun[] {
  // A run ends where the financial year ends within a business day.
  const prefix = sale.number.slice(0, sale.number.lastIndexOf('/'))
  const index = runs.findIndex((run) => run.type === sale.type && run.from.startsWith(`${prefix}/`))
  const run = runs[index]
  if (!run) return [...runs, { type: sale.type, from: sale.number, to: sale.number, count: 1 }]
  return runs.with(index, { ...run, to: sale.number, count: run.count + 1 })
}

export function addToTotals(totals: DayTotals, sale: SaleRecord): DayTotals {
  return {
    currency: totals.currency,
    invoices: totals.invoices + (sale.type === 'invoice' ? 1 : 0),
    creditNotes: totals.creditNotes + (sale.type === 'credit-note' ? 1 : 0),
    taxable: totals.taxable + sale.totals.taxable,
    tax: totals.tax + sale.totals.tax,
    roundOff: totals.roundOff + sale.totals.roundOff,
    payable: totals.payable + sale.totals.payable,
    taxes: addTaxes(totals.taxes, sale.taxes),
    tenders: addTenders(totals.tenders, sale),
    series: addNumber(totals.series, sale),
  }
}

export function addToPerpetual(perpetual: Perpetual, sale: SaleRecord): Perpetual {
  return {
    invoices: perpetual.invoices + (sale.type === 'invoice' ? 1 : 0),
    creditNotes: perpetual.creditNotes + (sale.type === 'credit-note' ? 1 : 0),
    payable: perpetual.payable + sale.totals.payable,
  }
}
