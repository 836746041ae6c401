import { useId, useState } from 'preact/hooks'
import { t } from '../messages/language.js'
import { incidents } from '../state/incidents.js'
import { IncidentTable, isOpen } from './incident-table.js'

/** What the relay refused or found, newest first. */
export function IncidentsView() {
  const [openOnly, setOpenOnly] = useState(false)
  const id = useId()
  const all = incidents.value
  const shown = openOnly ? all?.filter(isOpen) : all
  return (
    <section aria-labelledby="incidents-title">
      <h2 id="incidents-title">{t('incidents')}</h2>
      <p class="check">
        <input
          id={id}
          type="checkbox"
          checked={openOnly}
          onChange={({ currentTarget }) => setOpenOnly(currentTarget.checked)}
        />
        <label for={id}>{t('incidents-open')}</label>
      </p>
      {shown === undefined ? null : shown.length === 0 ? (
        <p>{t('incidents-none')}</p>
      ) : (
        <IncidentTable incidents={shown} />
      )}
    </section>
  )
}
