import type { ComponentChildren } from 'preact'
import type { FleetRow } from '../../../docs/generated/types.js'
import { ago, bytes, money, number, span } from '../format.js'
import { t, type Key } from '../messages/language.js'
import { Alarms } from '../parts/alarms.js'
import { When } from '../parts/when.js'
import { shopName, shops } from '../state/fleet.js'

/** A clock this near is right: so long a report may be on its way. Milliseconds. */
const CLOCK_RIGHT_MS = 5_000

export interface Column {
  readonly key: Key
  /** What it is sorted by; what there is nothing of comes last. */
  readonly by: (row: FleetRow) => string | number | undefined
  readonly cell: (row: FleetRow) => ComponentChildren
}

const unreceiptedOf = ({ last }: FleetRow) => last?.report.unreceipted

/** The first column, which names the row, is drawn by the table. */
export const COLUMNS: readonly Column[] = [
  { key: 'terminal', by: ({ name }) => name, cell: ({ name }) => name },
  { key: 'code', by: ({ code }) => code, cell: ({ code }) => code },
  { key: 'shop', by: ({ shop }) => shopName(shop), cell: ({ shop }) => shopName(shop) },
  {
    key: 'alarms',
    by: ({ alarms }) => (alarms.length > 0 ? -alarms.length : undefined),
    cell: ({ alarms }) => <Alarms alarms={alarms} />,
  },
  { key: 'link', by: linkText, cell: (row) => <span class={linkClass(row)}>{linkText(row)}</span> },
  { key: 'mode', by: modeText, cell: (row) => modeText(row) ?? t('unknown') },
  {
    key: 'seen',
    by: ({ seenAt }) => seenAt,
    cell: ({ seenAt }) => (seenAt === undefined ? t('never') : <When at={seenAt} />),
  },
  {
    key: 'unreceipted',
    by: (row) => unreceiptedSales(row),
    cell: (row) => <Unreceipted row={row} />,
  },
  {
    key: 'oldest',
    by: (row) => unreceiptedOf(row)?.oldest,
    cell: (row) => {
      const oldest = unreceiptedOf(row)?.oldest
      return oldest === undefined ? '' : <When at={oldest} />
    },
  },
  {
    key: 'receipt',
    by: ({ receipt }) => receipt?.serial,
    cell: ({ receipt }) =>
      receipt ? (
        <>
          {t('receipt-serial', { serial: number(receipt.serial) })}, <When at={receipt.at} />
        </>
      ) : (
        t('none')
      ),
  },
  { key: 'clock', by: (row) => Math.abs(row.last?.skewMs ?? -1), cell: clockText },
  {
    key: 'next',
    by: ({ last }) => last?.report.next[0]?.number,
    cell: ({ last }) => (
      <ul class="plain">
        {last?.report.next.map(({ number: next }) => (
          <li key={next}>{next}</li>
        ))}
      </ul>
    ),
  },
  { key: 'version', by: ({ last }) => last?.report.version, cell: ({ last }) => last?.report.version ?? '' },
  { key: 'storage', by: ({ last }) => last?.report.storage.free, cell: storageText },
  {
    key: 'epoch',
    by: ({ epoch }) => epoch,
    cell: ({ epoch, moving }) => (moving ? `${epoch} (${t('moving')})` : epoch),
  },
]

export function linkText({ standing, link }: FleetRow): string {
  return standing === 'active' ? t(`link-${link}`) : t(standing)
}

function linkClass({ standing, link }: FleetRow): string {
  return standing === 'active' ? link : 'bad'
}

export function modeText({ last }: FleetRow): string | undefined {
  if (!last) return undefined
  const { mode, training } = last.report
  return training ? `${t(`mode-${mode}`)}, ${t('in-training')}` : t(`mode-${mode}`)
}

export function unreceiptedSales(row: FleetRow): number | undefined {
  const { invoices = 0, creditNotes = 0 } = unreceiptedOf(row) ?? {}
  return row.last && invoices + creditNotes
}

/** As the terminal said it last, and when that was. */
export function Unreceipted({ row }: { readonly row: FleetRow }) {
  const { last, shop } = row
  if (!last) return <>{t('unknown')}</>
  const { payable, documents } = last.report.unreceipted
  const sales = unreceiptedSales(row) ?? 0
  const { currency = 'XXX', minorDigits = 2 } = shops.value.get(shop) ?? {}
  const what =
    sales > 0
      ? t('sales-count', { count: number(sales), amount: money(payable, currency, minorDigits) })
      : documents > 0
        ? t('documents-only', { count: number(documents) })
        : t('none')
  return (
    <>
      <span class={sales > 0 ? 'strong' : ''}>{what}</span>
      <br />
      <small>{t('as-reported', { ago: ago(last.receivedAt) })}</small>
    </>
  )
}

export function clockText({ last }: FleetRow): string {
  if (!last) return ''
  const { skewMs } = last
  if (Math.abs(skewMs) <= CLOCK_RIGHT_MS) return t('clock-right')
  return t(skewMs > 0 ? 'clock-ahead' : 'clock-behind', { time: span(skewMs) })
}

export function storageText({ last }: FleetRow): string {
  const { used, free } = last?.report.storage ?? {}
  return [
    ...(used === undefined ? [] : [t('storage-used', { used: bytes(used) })]),
    ...(free === undefined ? [] : [t('storage-free', { free: bytes(free) })]),
  ].join(', ')
}
