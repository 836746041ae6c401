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
  const cut = force && force.state !== 'purged' && !force.running
  return {
    blocked: blocked ? t.value.blocked(blocked.message) : undefined,
    fork: fork ? t.value.forkAlarm(fork.message) : undefined,
    log: log ? t.value.logAlarm(log.message) : undefined,
    storage: storage.ok ? undefined : t.value.storageFailure(storage.message ?? ''),
    damage:
      damage.length === 0
        ? undefined
        : t.value.damaged(damage.map(({ path, reason, label }) => `${label ?? path} (${reason})`).join('; ')),
    force: cut ? t.value.forceUnfinished(dateTime(force.startedAt), force.state) : undefined,
  }
}
