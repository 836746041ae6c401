import { AuditView } from './audit/audit-view.js'
import { Dialogs } from './dialogs/dialogs.js'
import { ExceptionsView } from './watch/exceptions-view.js'
import { FleetView } from './fleet/fleet-view.js'
import { Head } from './head.js'
import { HealthView } from './watch/health-view.js'
import { IncidentsView } from './watch/incidents-view.js'
import { t } from './messages/language.js'
import { SignIn } from './sign-in.js'
import { alert } from './state/alert.js'
import { dialog } from './state/dialogs.js'
import { isLive } from './state/live.js'
import { me } from './state/session.js'
import { view, type View } from './state/view.js'

const SHOWN: Readonly<Record<View, () => preact.JSX.Element>> = {
  fleet: FleetView,
  exceptions: ExceptionsView,
  incidents: IncidentsView,
  audit: AuditView,
  health: HealthView,
}

/** Views that tell of the whole relay: a manager, who sees one shop, has none of them. */
export const WHOLE_RELAY: readonly View[] = ['incidents', 'health']

export function Page() {
  const person = me.value
  const Shown = person?.role === 'manager' && WHOLE_RELAY.includes(view.value) ? FleetView : SHOWN[view.value]
  return (
    <>
      <Head hidden={WHOLE_RELAY} />
      {/* In a dialog it is told there: what lies behind is not heard. */}
      <p id="alert" class="error" role="alert">
        {dialog.value ? '' : alert}
      </p>
      <p class="stale" role="status">
        {person && !isLive.value ? t('live-lost') : ''}
      </p>
      <main>{person === null ? <SignIn /> : person ? <Shown /> : null}</main>
      {person ? <Dialogs /> : null}
    </>
  )
}
