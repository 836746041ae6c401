import { Fragment, type VNode } from 'preact'
import { dateTime } from '../../pages/format.js'
import { gone, status } from './state/status.js'
import type { Status } from './shapes.js'
import { t } from './texts.js'

/** What keeps this terminal from its work, in words; each as long as it lasts. */
export function Alerts(): VNode {
  return (
    <div id="alerts">
      {Object.entries(alertsOf(status.value, gone.value)).map(([key, text]) => (
        <Fragment key={key}>
          {text === undefined ? null : (
            <p role="alert" class="alert">
              {text}
            </p>
          )}
        </Fragment>
      ))}
    </div>
  )
}

function alertsOf(told: Status | undefined, isGone: boolean): Readonly<Record<string, string | undefined>> {
  if (isGone) return { gone: t.value.agentGoneNoSeal }
  if (!told) return {}
  const { blocked, fork, log, storage, damage, force } = told
  const documents = damage.filter((damaged) => !('sha256' in damaged))
  const images = damage.filter((damaged) => 'sha256' in damaged)
  const cut = force && force.state !== 'purged' && !force.running
  return {
    blocked: blocked
      ? t.value.blocked(t.value.refusals[`blocked-${blocked.why}`] ?? blocked.message)
      : undefined,
    fork: fork ? t.value.forkAlarm(fork.message) : undefined,
    log: log ? t.value.logAlarm(log.message) : undefined,
    storage: storage.ok ? undefined : t.value.storageFailure(storage.message ?? ''),
    damage: documents.length === 0 ? undefined : t.value.damaged(listOf(documents)),
    images: images.length === 0 ? undefined : t.value.damagedImages(listOf(images)),
    force: cut ? t.value.forceUnfinished(dateTime(force.startedAt), force.state) : undefined,
  }
}

function listOf(damage: Status['damage']): string {
  const nameOf = (one: Status['damage'][number]): string =>
    'sha256' in one ? one.sha256.slice(0, 12) : (one.label ?? one.path)
  return damage.map((one) => `${nameOf(one)} (${one.reason})`).join('; ')
}
