import { useEffect, useState } from 'preact/hooks'
import type { FleetDetail } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'
import { COLUMNS } from '../fleet/columns.js'
import { number, time } from '../format.js'
import { t } from '../messages/language.js'
import { Modal } from '../parts/modal.js'
import { rows, shopName } from '../state/fleet.js'
import { heard } from '../state/live.js'
import { me, refused } from '../state/session.js'
import { IncidentTable } from '../watch/incident-table.js'
import { OversoldTable } from '../watch/oversold-table.js'
import { Standing } from './standing.js'
import { TerminalActions } from './terminal-actions.js'

/** Everything about one terminal. What changes is read anew. */
export function TerminalDialog({ id }: { readonly id: string }) {
  const [detail, setDetail] = useState<FleetDetail>()
  const row = rows.value.get(id)
  const changes = heard.incident.value
  useEffect(() => {
    let isWanted = true
    ask<FleetDetail>('GET', `/v1/admin/fleet/${id}`).then(
      (answer) => isWanted && setDetail(answer),
      (error: unknown) => isWanted && refused(error),
    )
    return () => {
      isWanted = false
    }
  }, [id, row, changes])
  if (!row) return null
  return (
    <Modal name="terminal" title={t('detail-of', { terminal: row.name, shop: shopName(row.shop) })} wide>
      {me.value?.role === 'operator' ? <TerminalActions row={row} detail={detail} /> : null}
      <h3>{t('detail-state')}</h3>
      <dl class="facts">
        {COLUMNS.slice(1).map(({ key, cell }) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>{cell(row)}</dd>
          </div>
        ))}
        <div>
          <dt>{t('role')}</dt>
          <dd>{t(`role-${row.role}`)}</dd>
        </div>
        {detail ? (
          <div>
            <dt>{t('detail-books')}</dt>
            <dd>{booksText(detail.dayBooks)}</dd>
          </div>
        ) : null}
      </dl>
      {detail ? (
        <>
          <Standing row={row} detail={detail} />
          <h3>{t('detail-epochs')}</h3>
          <ul>
            {detail.epochs.map(({ epoch, reason, at }) => (
              <li key={epoch}>
                {reason === undefined || at === undefined
                  ? epoch
                  : t('epoch-given', { epoch, reason: t(`epoch-reason-${reason}`), at: time(at) })}
              </li>
            ))}
          </ul>
          {detail.oversold.length > 0 ? (
            <>
              <h3>{t('detail-oversold')}</h3>
              <OversoldTable items={detail.oversold} />
            </>
          ) : null}
          {detail.incidents && detail.incidents.length > 0 ? (
            <>
              <h3>{t('detail-incidents')}</h3>
              <IncidentTable incidents={detail.incidents} />
            </>
          ) : null}
        </>
      ) : null}
    </Modal>
  )
}

function booksText({ count, last }: FleetDetail['dayBooks']): string {
  return last === undefined ? number(count) : t('day-books', { count: number(count), day: last })
}
