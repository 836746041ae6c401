import type { FleetDetail, FleetRow } from '../../../docs/generated/types.js'
import { t } from '../messages/language.js'
import { Button } from '../parts/button.js'
import { openDialog, type Plain } from '../state/dialogs.js'

export interface TerminalActionsProps {
  readonly row: FleetRow
  readonly detail: FleetDetail | undefined
}

/** What an operator may decide about a terminal as it stands. */
export function TerminalActions({ row, detail }: TerminalActionsProps) {
  const decide = (what: Plain) => () => openDialog({ is: 'order', what, row })
  const isForked = detail?.fork !== undefined && detail.fork.settled === undefined
  return (
    <div class="row" role="group" aria-label={t('actions')}>
      {row.standing === 'active' ? (
        <>
          <Button work={() => openDialog({ is: 'pair', row })}>{t('pair-again')}</Button>
          <Button work={() => openDialog({ is: 'rename', row })}>{t('rename')}</Button>
          {row.moving ? null : <Button work={decide('move-epoch')}>{t('move-epoch')}</Button>}
          <Button kind="grave" work={decide('revoke')}>
            {t('revoke')}
          </Button>
        </>
      ) : (
        <>
          <Button work={decide('reinstate')}>{t('reinstate')}</Button>
          {row.standing === 'intake' ? (
            <Button work={decide('close-intake')}>{t('close-intake')}</Button>
          ) : (
            <Button work={() => openDialog({ is: 'intake', row })}>{t('open-intake')}</Button>
          )}
        </>
      )}
      {isForked ? <Button work={decide('settle-fork')}>{t('settle-fork')}</Button> : null}
    </div>
  )
}
