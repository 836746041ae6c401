import type { TaxGroup, Tender } from '../generated/types.js'
import type { ClosedSale, Closing, PractisedSale } from './closings.js'

/** Name, and how its cells are spelled: `money` is minor units, `decimal` a decimal text. */
export type Column = readonly [name: string, type: 'text' | 'number' | 'money' | 'decimal']
type Cell = string | number

/** A file of DSFinV-K: its columns after those that name the closing, and what a closing has to say in it. */
export interface Table {
  readonly file: string
  readonly name: string
  readonly columns: readonly Column[]
  readonly rows: (closing: Closing) => Iterable<readonly Cell[]>
}

/** Keys of German rates; other rates have keys of their own from 1000 on, as the standard allows. */
const VAT_KEYS: ReadonlyMap<string, number> = new Map([
  ['19', 1],
  ['7', 2],
  ['10.7', 3],
  ['5.5', 4],
  ['0', 5],
])
const UNTAXED = 5

function keyOf(rate: string): number {
  return VAT_KEYS.get(rate) ?? 1000 + Math.round(Number(rate) * 100)
}

const BON: Column = ['BON_ID', 'text']

const bonId = ({ sale }: ClosedSale): string => sale.number
/** What was practised has no number: it is named by its place in the chain. */
const practiceId = ({ event: { chain } }: PractisedSale): string =>
  `${chain.terminal}${chain.epoch} ${chain.position}`

function vatOf(groups: readonly TaxGroup[], taxable: number): { key: number; net: number; vat: number }[] {
  if (groups.length === 0) return [{ key: UNTAXED, net: taxable, vat: 0 }]
  return groups.map(({ rate, taxable: net, minor }) => ({ key: keyOf(rate), net, vat: minor }))
}

function typeOf({ type, name }: Pick<Tender, 'type' | 'name'>): { type: string; name: string } {
  if (type === 'cash') return { type: 'Bar', name: name ?? 'Bar' }
  return type === 'card'
    ? { type: 'ECKarte', name: name ?? 'Karte' }
    : { type: 'Unbar', name: name ?? 'Unbar' }
}

export const TABLES: readonly Table[] = [
  {
    file: 'cashpointclosing.csv',
    name: 'Stamm_Abschluss',
    columns: [
      ['Z_BUCHUNGSTAG', 'text'],
      ['TAXONOMIE_VERSION', 'text'],
      ['Z_START_ID', 'text'],
      ['Z_ENDE_ID', 'text'],
      ['NAME', 'text'],
      ['STRASSE', 'text'],
      ['USTID', 'text'],
      ['Z_SE_ZAHLUNGEN', 'money'],
      ['Z_SE_BARZAHLUNGEN', 'money'],
    ],
    *rows({ close, sales, seller }) {
      const { totals } = close
      const cash = totals.tenders
        .filter(({ type }) => type === 'cash')
        .reduce((sum, { minor }) => sum + minor, 0)
      const [first, last] = [sales[0], sales.at(-1)].map((sold) => (sold ? bonId(sold) : ''))
      const shop = [seller?.name ?? '', seller?.address ?? '', seller?.taxId ?? '']
      yield [close.day, '2.3', first ?? '', last ?? '', ...shop, totals.payable, cash]
    },
  },
  {
    file: 'location.csv',
    name: 'Stamm_Orte',
    columns: [
      ['LOC_NAME', 'text'],
      ['LOC_STRASSE', 'text'],
      ['LOC_USTID', 'text'],
    ],
    *rows({ seller }) {
      yield [seller?.name ?? '', seller?.address ?? '', seller?.taxId ?? '']
    },
  },
  {
    file: 'cashregister.csv',
    name: 'Stamm_Kassen',
    columns: [
      ['KASSE_BRAND', 'text'],
      ['KASSE_MODELL', 'text'],
      ['KASSE_SERIENNR', 'text'],
      ['KASSE_SW_BRAND', 'text'],
      ['KASSE_BASISWAEH_CODE', 'text'],
    ],
    *rows({ close }) {
      const { terminal, epoch } = close.chain
      yield ['Counterfoil', 'terminal', `${terminal}${epoch}`, 'Counterfoil', close.totals.currency]
    },
  },
  {
    file: 'vat.csv',
    name: 'Stamm_USt',
    columns: [
      ['UST_SCHLUESSEL', 'number'],
      ['UST_SATZ', 'decimal'],
      ['UST_BESCHR', 'text'],
    ],
    *rows({ close }) {
      const rates = new Map(close.totals.taxes.map(({ rate, name }) => [rate, name]))
      if (rates.size === 0) yield [UNTAXED, '0', 'ohne Steuer']
      for (const [rate, name] of rates) yield [keyOf(rate), rate, name]
    },
  },
  {
    file: 'transactions.csv',
    name: 'Bonkopf',
    columns: [
      BON,
      ['BON_NR', 'number'],
      ['BON_TYP', 'text'],
      ['BON_NAME', 'text'],
      ['TERMINAL_ID', 'text'],
      ['BON_STORNO', 'number'],
      ['BON_START', 'text'],
      ['BON_ENDE', 'text'],
      ['BEDIENER_ID', 'text'],
      ['BEDIENER_NAME', 'text'],
      ['UMS_BRUTTO', 'money'],
      ['KUNDE_NAME', 'text'],
      ['KUNDE_ID', 'text'],
      ['KUNDE_USTID', 'text'],
      ['BON_NOTIZ', 'text'],
    ],
    *rows({ sales, practised }) {
      for (const sold of sales) {
        const { sale } = sold
        const { customer } = sale
        const buyer = [customer?.name ?? '', customer?.reference ?? '', customer?.taxId ?? '']
        const notice =
          sale.type === 'credit-note'
            ? 'number' in sale.corrects
              ? `Korrektur zu ${sale.corrects.number}`
              : `Korrektur zu ${sale.corrects.outside}`
            : ''
        const when = [sale.at, sale.at]
        const who = [sale.by, sale.by]
        const head = [bonId(sold), sale.chain.position, 'Beleg', '', sale.chain.terminal, 0]
        yield [...head, ...when, ...who, sale.totals.payable, ...buyer, notice]
      }
      for (const practice of practised) {
        const { chain, at, by, detail } = practice.event
        const head = [practiceId(practice), chain.position, 'AVTraining', '', chain.terminal, 0]
        yield [...head, at, at, by, by, Number(detail?.['payable'] ?? 0), '', '', '', '']
      }
    },
  },
  {
    file: 'transactions_vat.csv',
    name: 'Bonkopf_USt',
    columns: [
      BON,
      ['UST_SCHLUESSEL', 'number'],
      ['BON_BRUTTO', 'money'],
      ['BON_NETTO', 'money'],
      ['BON_UST', 'money'],
    ],
    *rows({ sales }) {
      for (const sold of sales)
        for (const { key, net, vat } of vatOf(sold.sale.taxes, sold.sale.totals.taxable))
          yield [bonId(sold), key, net + vat, net, vat]
    },
  },
  {
    file: 'datapayment.csv',
    name: 'Bonkopf_Zahlarten',
    columns: [
      BON,
      ['ZAHLART_TYP', 'text'],
      ['ZAHLART_NAME', 'text'],
      ['ZAHLWAEH_CODE', 'text'],
      ['BASISWAEH_BETRAG', 'money'],
    ],
    *rows({ sales }) {
      for (const sold of sales) {
        const { sale } = sold
        const { currency } = sale.policy
        for (const tender of sale.tenders) {
          const { type, name } = typeOf(tender)
          yield [bonId(sold), type, name, currency, tender.minor]
        }
        if (sale.type === 'invoice' && sale.change !== 0)
          yield [bonId(sold), 'Bar', 'Rückgeld', currency, -sale.change]
      }
    },
  },
  {
    file: 'lines.csv',
    name: 'Bonpos',
    columns: [
      BON,
      ['POS_ZEILE', 'number'],
      ['ARTIKELTEXT', 'text'],
      ['POS_TERMINAL_ID', 'text'],
      ['GV_TYP', 'text'],
      ['P_STORNO', 'number'],
      ['ART_NR', 'text'],
      ['MENGE', 'decimal'],
      ['EINHEIT', 'text'],
      ['STK_BR', 'money'],
    ],
    *rows({ sales }) {
      for (const sold of sales) {
        const { terminal } = sold.sale.chain
        for (const [at, { name, sku, quantity, unit, price }] of sold.sale.lines.entries()) {
          const what = [name, terminal, 'Umsatz', 0, sku, quantity, unit ?? '', price.minor]
          yield [bonId(sold), at + 1, ...what]
        }
      }
    },
  },
  {
    file: 'lines_vat.csv',
    name: 'Bonpos_USt',
    columns: [
      BON,
      ['POS_ZEILE', 'number'],
      ['UST_SCHLUESSEL', 'number'],
      ['POS_BRUTTO', 'money'],
      ['POS_NETTO', 'money'],
      ['POS_UST', 'money'],
    ],
    *rows({ sales }) {
      for (const sold of sales)
        for (const [at, { taxes = [], taxable }] of sold.sale.lines.entries())
          for (const { key, net, vat } of vatOf(
            taxes.map((tax) => ({ ...tax, taxable })),
            taxable,
          ))
            yield [bonId(sold), at + 1, key, net + vat, net, vat]
    },
  },
  {
    file: 'payment.csv',
    name: 'Z_Zahlart',
    columns: [
      ['ZAHLART_TYP', 'text'],
      ['ZAHLART_NAME', 'text'],
      ['Z_ZAHLART_BETRAG', 'money'],
    ],
    *rows({ close }) {
      for (const total of close.totals.tenders) {
        const { type, name } = typeOf(total)
        yield [type, name, total.minor]
      }
    },
  },
  {
    file: 'businesscases.csv',
    name: 'Z_GV_Typ',
    columns: [
      ['GV_TYP', 'text'],
      ['UST_SCHLUESSEL', 'number'],
      ['Z_UMS_BRUTTO', 'money'],
      ['Z_UMS_NETTO', 'money'],
      ['Z_UST', 'money'],
    ],
    *rows({ close: { totals } }) {
      for (const { key, net, vat } of vatOf(totals.taxes, totals.taxable))
        yield ['Umsatz', key, net + vat, net, vat]
    },
  },
  {
    file: 'transactions_tse.csv',
    name: 'TSE_Transaktionen',
    columns: [
      BON,
      ['TSE_TA_SIGZ', 'number'],
      ['TSE_TA_SIG', 'text'],
      ['TSE_TA_FEHLER', 'text'],
      ['TSE_TA_VORGANGSDATEN', 'text'],
    ],
    *rows({ sales, practised }) {
      const signed = [
        ...sales.map((sold) => [bonId(sold), sold.record] as const),
        ...practised.map((practice) => [practiceId(practice), practice.record] as const),
      ]
      for (const [id, { body, hash, signature }] of signed) {
        const { position } = body.chain
        const own = `Kettenglied ${position}, SHA-256 ${hash}`
        yield [id, position, signature, 'keine TSE: Signatur der Kasse', own]
      }
    },
  },
]
