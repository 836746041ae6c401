import { useState } from 'preact/hooks'
import type { AsOfResponse, KnownEntry, KnownInvoice, TimelineLine } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'
import { moment, money, number } from '../format.js'
import { t } from '../messages/language.js'
import { Button } from '../parts/button.js'
import { Choice } from '../parts/field.js'
import { Table } from '../parts/table.js'
import { rows, shopName, shops } from '../state/fleet.js'
import { useAnswer } from '../watch/reading.js'
import { shopCell, spell, type Asked } from './asked.js'

interface Props {
  readonly asked: Asked
  /** What the slider goes through: the moments at which these were written, or came. */
  readonly lines: readonly TimelineLine[]
}

/** What was known of something at a moment: to the relay, or to a terminal. */
export function AsOf({ asked, lines }: Props) {
  const moments = momentsOf(lines)
  const [chosen, setChosen] = useState<number>()
  const [view, setView] = useState('relay')
  const index = Math.min(chosen ?? moments.length - 1, moments.length - 1)
  const chosenAt = moments[index]
  if (chosenAt === undefined) return null
  const codes = [...new Set([...rows.value.values()].map(({ code }) => code))].sort()
  return (
    <>
      <h3>{t('audit-as-of')}</h3>
      <div class="row">
        <div class="field">
          <label for="audit-moment">{t('audit-moment')}</label>
          <input
            id="audit-moment"
            type="range"
            min={0}
            max={moments.length - 1}
            value={index}
            aria-valuetext={moment(chosenAt)}
            onInput={({ currentTarget }) => setChosen(Number(currentTarget.value))}
          />
        </div>
        <output for="audit-moment">{moment(chosenAt)}</output>
        <Choice label={t('audit-known-to')} value={view} onValue={setView}>
          <option value="relay">{t('audit-the-relay')}</option>
          {codes.map((code) => (
            <option key={code} value={code}>
              {code}
            </option>
          ))}
        </Choice>
      </div>
      <Known key={`${chosenAt} ${view}`} query={new URLSearchParams({ ...asked, at: chosenAt, view })} />
    </>
  )
}

function Known({ query }: { readonly query: URLSearchParams }) {
  const path = `/v1/admin/as-of?${query}`
  const first = useAnswer<AsOfResponse>(path, 0)
  const [others, setOthers] = useState<readonly AsOfResponse[]>([])
  if (!first) return null
  const pages = [first, ...others]
  const entries = pages.flatMap((page) => page.entries ?? [])
  const invoices = pages.flatMap((page) => page.invoices ?? [])
  const next = pages.at(-1)?.next
  const more = async (cursor: string): Promise<void> => {
    const page = await ask<AsOfResponse>('GET', `${path}&${new URLSearchParams({ cursor })}`)
    setOthers([...others, page])
  }
  return (
    <div role="status">
      {entries.length + invoices.length === 0 ? <p>{t('audit-nothing-known')}</p> : null}
      {entries.length === 0 ? null : <Entries entries={entries} />}
      {invoices.length === 0 ? null : <Invoices invoices={invoices} />}
      {next === undefined ? null : <Button work={() => more(next)}>{t('audit-more')}</Button>}
      {first.unknown === 0 ? null : <p>{t('audit-unknown-arrival', { count: number(first.unknown) })}</p>}
    </div>
  )
}

function Invoices({ invoices }: { readonly invoices: readonly KnownInvoice[] }) {
  return (
    <Table
      caption={t('audit-known')}
      columns={[t('audit-number'), ...shopCell(t('shop')), t('audit-amount'), t('audit-by'), t('audit-at')]}
      rows={invoices.map(({ shop, document, number: invoice, payable, currency, terminal, by, at }) => ({
        key: `${document} ${invoice}`,
        cells: [
          invoice,
          ...shopCell(shopName(shop)),
          money(payable, currency, shops.value.get(shop)?.minorDigits ?? 2),
          `${by} (${terminal})`,
          moment(at),
        ],
      }))}
    />
  )
}

function Entries({ entries }: { readonly entries: readonly KnownEntry[] }) {
  return (
    <Table
      caption={t('audit-known')}
      columns={[t('audit-what'), ...shopCell(t('shop')), t('audit-value'), t('audit-by'), t('audit-at')]}
      rows={entries.flatMap(({ shop, document, name, what, values }) =>
        values.map(({ value, change, at, terminal, by }) => ({
          key: `${document} ${what} ${change}`,
          cells: [
            `${name}: ${what}`,
            ...shopCell(shopName(shop)),
            spell(value, what, shop),
            `${by} (${terminal})`,
            moment(at),
          ],
        })),
      )}
    />
  )
}

function momentsOf(lines: readonly TimelineLine[]): string[] {
  const all = lines.flatMap(({ at, witnessed }) => (witnessed ? [at, witnessed.at] : [at]))
  return [...new Set(all.map((at) => new Date(at).toISOString()))].sort()
}
