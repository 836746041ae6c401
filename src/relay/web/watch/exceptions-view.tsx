import type {
  ExceptionsResponse,
  OpenConflict,
  Quarantined,
  ShopExceptions,
} from '../../../docs/generated/types.js'
import { number, time } from '../format.js'
import { t } from '../messages/language.js'
import { Table } from '../parts/table.js'
import { When } from '../parts/when.js'
import { heard } from '../state/live.js'
import { IncidentTable } from './incident-table.js'
import { OversoldTable } from './oversold-table.js'
import { useAnswer } from './reading.js'

/** What needs a person's eye. */
export function ExceptionsView() {
  const changes = heard.fleet.value + heard.incident.value
  const answer = useAnswer<ExceptionsResponse>('/v1/admin/exceptions', changes)
  return (
    <section aria-labelledby="exceptions-title">
      <h2 id="exceptions-title">{t('exceptions')}</h2>
      {answer ? <Found {...answer} /> : null}
    </section>
  )
}

function Found({ shops, refused, quarantined }: ExceptionsResponse) {
  const short = shops.filter(({ oversold }) => oversold.length > 0)
  const torn = shops.filter(({ conflicts }) => conflicts.length > 0)
  return (
    <>
      <h3>{t('oversold')}</h3>
      {short.length === 0 ? <p>{t('oversold-none')}</p> : null}
      {short.map((shop) => (
        <OfShop key={shop.shop} shop={shop} more={shop.oversoldMore}>
          <OversoldTable items={shop.oversold} />
        </OfShop>
      ))}
      <h3>{t('conflicts')}</h3>
      <p>{torn.length === 0 ? t('conflicts-none') : t('conflicts-how')}</p>
      {torn.map((shop) => (
        <OfShop key={shop.shop} shop={shop} more={shop.conflictsMore}>
          <ConflictTable conflicts={shop.conflicts} />
        </OfShop>
      ))}
      {refused ? (
        <>
          <h3>{t('refused')}</h3>
          {refused.length === 0 ? <p>{t('refused-none')}</p> : <IncidentTable incidents={refused} />}
        </>
      ) : null}
      <h3>{t('quarantined')}</h3>
      {quarantined.length === 0 ? <p>{t('quarantined-none')}</p> : <QuarantineTable found={quarantined} />}
    </>
  )
}

interface OfShopProps {
  readonly shop: ShopExceptions
  readonly more: number
  readonly children: preact.ComponentChildren
}

function OfShop({ shop, more, children }: OfShopProps) {
  return (
    <>
      <h4>{shop.name}</h4>
      {children}
      {more > 0 ? <p>{t('more', { count: number(more) })}</p> : null}
    </>
  )
}

function ConflictTable({ conflicts }: { readonly conflicts: readonly OpenConflict[] }) {
  return (
    <Table
      caption={t('conflicts')}
      columns={[t('item'), t('field'), t('values')]}
      rows={conflicts.map(({ sku, name, field, values }) => ({
        key: `${sku} ${field}`,
        cells: [
          `${name} (${sku})`,
          field,
          <ul class="plain" key="values">
            {values.map(({ value, by, terminal, at, winner }) => (
              <li key={`${value} ${by} ${at}`}>
                {t('value-by', { value, by, terminal, at: at === '' ? t('unknown') : time(at) })}
                {winner ? ` (${t('value-used')})` : ''}
              </li>
            ))}
          </ul>,
        ],
      }))}
    />
  )
}

function QuarantineTable({ found }: { readonly found: readonly Quarantined[] }) {
  return (
    <Table
      caption={t('quarantined')}
      columns={[t('document'), t('found'), t('reason'), t('where')]}
      rows={found.map(({ document, name, at, reason, quarantined }) => ({
        key: quarantined,
        cells: [name ?? document, <When key="at" at={at} />, reason, quarantined],
      }))}
    />
  )
}
