import type { AuditedRecord } from '../../../docs/generated/types.js'
import { money } from '../format.js'
import { t, type Key } from '../messages/language.js'
import { Button, useWork } from '../parts/button.js'
import { Choice, TextField } from '../parts/field.js'
import { ShopChoice } from '../parts/shop-choice.js'
import { Table } from '../parts/table.js'
import { When } from '../parts/when.js'
import { openDialog } from '../state/dialogs.js'
import { shopName } from '../state/fleet.js'
import { cursor, found, more, search, typed } from './search.js'

const FIELDS: readonly (readonly [name: string, label: Key])[] = [
  ['number', 'audit-number'],
  ['from', 'audit-from'],
  ['to', 'audit-to'],
  ['least', 'audit-least'],
  ['most', 'audit-most'],
  ['sku', 'audit-sku'],
  ['by', 'audit-by'],
  ['terminal', 'terminal'],
]

const KINDS = ['invoice', 'credit-note', 'day-close', 'event'] as const

/** Looks for sealed records. */
export function Records() {
  const { run, busy } = useWork(search)
  const set = (name: string, value: string): void => {
    typed.value = { ...typed.value, [name]: value }
  }
  return (
    <>
      <form
        class="row"
        role="search"
        aria-label={t('audit-search')}
        onSubmit={(event) => {
          event.preventDefault()
          void run()
        }}
      >
        {FIELDS.map(([name, label]) => (
          <TextField
            key={name}
            name={`audit-${name}`}
            label={t(label)}
            value={typed.value[name] ?? ''}
            onValue={(value) => set(name, value)}
            most={100}
            {...(name === 'from' || name === 'to' ? { hint: t('audit-day-hint') } : {})}
          />
        ))}
        <Choice
          label={t('audit-kind')}
          value={typed.value['what'] ?? ''}
          onValue={(value) => set('what', value)}
        >
          <option value="">{t('audit-any')}</option>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {t(`record-${kind}`)}
            </option>
          ))}
        </Choice>
        <ShopChoice value={typed.value['shop'] ?? ''} onValue={(value) => set('shop', value)} />
        <button type="submit" class="main" aria-busy={busy}>
          {t('audit-search')}
        </button>
      </form>
      <div role="status">{found.value?.length === 0 ? <p>{t('audit-none')}</p> : null}</div>
      {found.value && found.value.length > 0 ? <RecordTable records={found.value} /> : null}
      {cursor.value === undefined ? null : <Button work={more}>{t('audit-more')}</Button>}
    </>
  )
}

function RecordTable({ records }: { readonly records: readonly AuditedRecord[] }) {
  return (
    <Table
      caption={t('audit-records')}
      columns={[
        t('audit-record'),
        t('audit-kind'),
        t('shop'),
        t('audit-at'),
        t('audit-by'),
        t('audit-amount'),
        t('audit-receipt'),
      ]}
      rows={records.map((record) => {
        const { document, position, hash, at, by, shop, custody } = record
        return {
          key: hash,
          cells: [
            <Button key="open" work={() => openDialog({ is: 'record', document, position })}>
              {nameOf(record)}
            </Button>,
            kindOf(record),
            shopName(shop),
            <When key="at" at={at} full />,
            by,
            amountOf(record),
            t(custody === 'receipted' ? 'audit-receipted' : 'audit-unreceipted'),
          ],
        }
      })}
    />
  )
}

export function nameOf({ number, code, epoch, position }: AuditedRecord): string {
  return number ?? `${code}${epoch} · ${position}`
}

export function kindOf({ type, event, fork }: AuditedRecord): string {
  const kind = event === undefined ? t(`record-${type}`) : `${t('record-event')}: ${t(`event-${event}`)}`
  return fork ? `${kind} (${t('audit-fork')})` : kind
}

export function amountOf({ payable, currency, minorDigits }: AuditedRecord): string {
  return payable === undefined || currency === undefined ? '' : money(payable, currency, minorDigits ?? 2)
}
