import type { AuditException, AuditExceptions } from '../../../docs/generated/types.js'
import { number } from '../format.js'
import { t } from '../messages/language.js'
import { Button } from '../parts/button.js'
import { Table } from '../parts/table.js'
import { When } from '../parts/when.js'
import { openDialog } from '../state/dialogs.js'
import { shopName } from '../state/fleet.js'
import { useAnswer } from '../watch/reading.js'

/**
 * Whether every series is here from its first number to its last, and what needs a look. Read when it is opened: it takes
 * all records, and a large fleet would have it begun anew before it has ended.
 */
export function Completeness() {
  const answer = useAnswer<AuditExceptions>('/v1/admin/audit', 0)
  if (!answer) return <p role="status">{t('audit-looking')}</p>
  const { records, series, exceptions, more } = answer
  const whole = series.every(({ complete }) => complete)
  return (
    <>
      <p class={whole ? 'good' : 'error'} role="status">
        {t(whole ? 'audit-complete' : 'audit-gaps', {
          series: number(series.length),
          records: number(records),
        })}
      </p>
      <h3>{t('audit-series')}</h3>
      <Table
        caption={t('audit-series')}
        columns={[
          t('audit-series'),
          t('shop'),
          t('audit-first'),
          t('audit-last'),
          t('audit-count'),
          t('audit-whole'),
        ]}
        rows={series.map((one) => ({
          key: `${one.shop} ${one.series}`,
          cells: [
            one.series,
            shopName(one.shop),
            one.first,
            one.last,
            number(one.count),
            t(one.complete ? 'audit-yes' : 'audit-no'),
          ],
        }))}
      />
      <h3>{t('exceptions')}</h3>
      {exceptions.length === 0 ? (
        <p>{t('audit-no-exceptions')}</p>
      ) : (
        <ExceptionTable exceptions={exceptions} />
      )}
      {more > 0 ? <p>{t('more', { count: number(more) })}</p> : null}
    </>
  )
}

function ExceptionTable({ exceptions }: { readonly exceptions: readonly AuditException[] }) {
  return (
    <Table
      caption={t('exceptions')}
      columns={[t('audit-kind'), t('audit-what'), t('shop'), t('audit-at'), t('audit-by')]}
      rows={exceptions.map((one, index) => ({
        key: `${index}`,
        cells: [
          t(`audit-is-${one.kind}`),
          <What key="what" exception={one} />,
          shopName(one.shop),
          one.at === undefined ? '' : <When key="at" at={one.at} full />,
          one.by ?? '',
        ],
      }))}
    />
  )
}

function What({ exception }: { readonly exception: AuditException }) {
  const { code, epoch, document, position, from, to, count, event, detail, number: invoice } = exception
  const words = [
    event === undefined ? '' : t(`event-${event}`),
    from === undefined ? '' : t('audit-from-to', { from, to: to ?? from, count: number(count ?? 1) }),
    exception.kind === 'unreceipted' ? t('audit-records-on', { count: number(count ?? 1) }) : '',
    ...Object.entries(detail ?? {}).map(([name, value]) => `${name}: ${value}`),
  ].filter((text) => text !== '')
  return (
    <>
      {document === undefined || position === undefined ? (
        `${code}${epoch}`
      ) : (
        <Button work={() => openDialog({ is: 'record', document, position })}>
          {invoice ?? `${code}${epoch} · ${position}`}
        </Button>
      )}{' '}
      {words.join('; ')}
    </>
  )
}
