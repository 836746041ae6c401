import type { FleetAlarm } from '../../../docs/generated/types.js'
import { t } from '../messages/language.js'

export function Alarms({ alarms }: { readonly alarms: readonly FleetAlarm[] }) {
  if (alarms.length === 0) return null
  return (
    <ul class="alarms">
      {alarms.map((alarm) => (
        <li key={alarm}>
          <span aria-hidden="true">▲ </span>
          {t(`alarm-${alarm}`)}
        </li>
      ))}
    </ul>
  )
}
