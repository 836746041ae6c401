import type { FleetDetail, FleetRow } from '../../../docs/generated/types.js'
import { number, time } from '../format.js'
import { t } from '../messages/language.js'

/** What was decided about a terminal, and what stands against it, in sentences. */
export function Standing({ row, detail }: { readonly row: FleetRow; readonly detail: FleetDetail }) {
  const said = sentences(row, detail)
  if (said.length === 0) return null
  return (
    <>
      <h3>{t('detail-standing')}</h3>
      <ul>
        {said.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </>
  )
}

function sentences(row: FleetRow, { revoked, intake, fork, behind, move }: FleetDetail): string[] {
  const { blocked, damage = 0, storageFailure, logAlarm, training } = row.last?.report ?? {}
  return [
    ...(fork && !fork.settled
      ? [t('fork-seen', { at: time(fork.at), what: fork.what }), t('fork-remedy')]
      : []),
    ...(behind && !behind.healed
      ? [t('behind-what', { count: number(behind.held - behind.remembered) })]
      : []),
    ...(logAlarm === undefined
      ? []
      : [
          t('log-alarm-why', { at: time(logAlarm.at), why: t(`log-${logAlarm.kind}`) }),
          t('log-alarm-remedy'),
        ]),
    ...(training === undefined ? [] : [t('training-since', { at: time(training.at), by: training.by })]),
    ...(blocked === undefined ? [] : [t('blocked-why', { why: t(`block-${blocked}`) })]),
    ...(damage > 0 ? [t('damage-count', { count: number(damage) })] : []),
    ...(storageFailure === undefined ? [] : [storageFailure]),
    ...(revoked
      ? [withReason(t('revoked-by', { by: revoked.by, at: time(revoked.at) }), revoked.reason)]
      : []),
    ...(revoked?.reinstated
      ? [t('reinstated-by', { by: revoked.reinstated.by, at: time(revoked.reinstated.at) })]
      : []),
    ...(intake && row.standing === 'intake'
      ? [withReason(t('intake-until', { until: time(intake.until), by: intake.by }), intake.reason)]
      : []),
    ...(move && row.moving
      ? [withReason(t('move-by', { by: move.by, at: time(move.at) }), move.reason)]
      : []),
  ]
}

function withReason(sentence: string, reason: string | undefined): string {
  return reason === undefined ? sentence : `${sentence} ${t('reason')}: ${reason}`
}
