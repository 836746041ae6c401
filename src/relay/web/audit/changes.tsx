import type { History } from '../../../docs/generated/types.js'
import { time } from '../format.js'
import { t } from '../messages/language.js'
import { Table } from '../parts/table.js'
import { useAnswer } from '../watch/reading.js'

/** Every change of an invoice or an item in causal order, old and new value side by side. */
export function Changes({ about }: { readonly about: string }) {
  const answer = useAnswer<History>(`/v1/admin/history?${new URLSearchParams({ about })}`, 0)
  if (!answer) return null
  return (
    <>
      <h3>{t('audit-changes')}</h3>
      <Table
        caption={t('audit-changes')}
        columns={[
          t('audit-at'),
          t('audit-by'),
          t('audit-did'),
          t('audit-what'),
          t('audit-old'),
          t('audit-new'),
        ]}
        rows={answer.history.map(({ at, terminal, by, did, name, what, old, new: now }, index) => ({
          key: `${index}`,
          cells: [
            time(at),
            `${by} (${terminal})`,
            did,
            `${name}: ${what}`,
            <del key="old">{old.map(String).join(' | ')}</del>,
            <ins key="new">{now === null || now === undefined ? t('audit-removed') : String(now)}</ins>,
          ],
        }))}
      />
    </>
  )
}
