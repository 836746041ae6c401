import type { Incident } from '../../../docs/generated/types.js'
import { bytes, number, time } from '../format.js'
import { t } from '../messages/language.js'
import { Button } from '../parts/button.js'
import { Table } from '../parts/table.js'
import { When } from '../parts/when.js'
import { openDialog } from '../state/dialogs.js'
import { rows } from '../state/fleet.js'
import { me } from '../state/session.js'

/** Kinds that are an alarm until somebody accepts them; the others only say what happened. */
const ACCEPTABLE: readonly Incident['kind'][] = [
  'frame-refused',
  'change-refused',
  'not-yours',
  'limit',
  'bad-signature',
]

export function isOpen({ kind, accepted }: Incident): boolean {
  return accepted === undefined && ACCEPTABLE.includes(kind)
}

export function IncidentTable({ incidents }: { readonly incidents: readonly Incident[] }) {
  return (
    <Table
      caption={t('incidents')}
      columns={[t('what'), t('last-time'), t('times'), t('who'), t('reason'), t('evidence'), t('actions')]}
      rows={incidents.map((incident) => ({ key: String(incident.serial), cells: cellsOf(incident) }))}
    />
  )
}

function cellsOf(incident: Incident) {
  const { serial, kind, code, lastAt, count, reason, evidence, accepted } = incident
  return [
    `${serial} ${kind}: ${code}`,
    <When key="when" at={lastAt} />,
    number(count),
    whoOf(incident),
    reason,
    evidence ? (
      <a key="evidence" href={`/v1/admin/evidence/${serial}`} download={`incident-${serial}.bin`}>
        {t('evidence-of', { serial, bytes: bytes(evidence.bytes) })}
      </a>
    ) : (
      ''
    ),
    accepted ? (
      t('accepted-by', { by: accepted.by, at: time(accepted.at), reason: accepted.reason ?? '' })
    ) : isOpen(incident) && me.value?.role === 'operator' ? (
      <Button
        key="accept"
        label={`${t('accept')}: ${serial}`}
        work={() => openDialog({ is: 'accept', incident })}
      >
        {t('accept')}
      </Button>
    ) : (
      ''
    ),
  ]
}

function whoOf({ terminal, person, address, document }: Incident): string {
  const name = terminal === undefined ? undefined : (rows.value.get(terminal)?.name ?? terminal)
  return [name, person, address, document].filter((text) => text !== undefined).join(' · ')
}
