import { number } from '../format.js'
import { t } from '../messages/language.js'
import { Button } from '../parts/button.js'
import { openDialog } from '../state/dialogs.js'
import { known, rows } from '../state/fleet.js'
import { me } from '../state/session.js'
import { chosen } from './choosing.js'
import { Filters } from './filters.js'
import { FleetTable } from './fleet-table.js'
import { Paging } from './paging.js'

export function FleetView() {
  const all = rows.value.size
  return (
    <section aria-labelledby="fleet-title">
      <div class="row">
        <h2 id="fleet-title">{t('fleet')}</h2>
        {me.value?.role === 'operator' ? (
          <Button kind="main" work={() => openDialog({ is: 'pair' })}>
            {t('pair')}
          </Button>
        ) : null}
      </div>
      {all > 0 ? <Filters /> : null}
      <p role="status">
        {!known.value
          ? ''
          : all === 0
            ? t('no-terminals')
            : chosen.value.length === 0
              ? t('none-match')
              : t('shown-of', { shown: number(chosen.value.length), all: number(all) })}
      </p>
      {chosen.value.length > 0 ? (
        <>
          <FleetTable />
          <Paging />
        </>
      ) : null}
    </section>
  )
}
