import { FLEET_ALARMS } from '../../../docs/fleet-alarms.js'
import type { FleetAlarm } from '../../../docs/generated/types.js'
import { t } from '../messages/language.js'
import { Choice, TextField } from '../parts/field.js'
import { shops } from '../state/fleet.js'
import { alarm, shop, text, turnTo } from './choosing.js'

export function Filters() {
  const known = [...shops.value.values()].sort((a, b) => a.name.localeCompare(b.name))
  return (
    <form class="row" role="search" onSubmit={(event) => event.preventDefault()}>
      <TextField
        label={t('filter')}
        hint={t('filter-hint')}
        kind="search"
        value={text.value}
        onValue={(value) => {
          text.value = value
          turnTo(0)
        }}
      />
      <Choice
        label={t('shop')}
        value={shop.value}
        onValue={(value) => {
          shop.value = value
          turnTo(0)
        }}
      >
        <option value="">{t('all-shops')}</option>
        {known.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Choice>
      <Choice
        label={t('alarm')}
        value={alarm.value}
        onValue={(value) => {
          alarm.value = value as FleetAlarm | 'any' | ''
          turnTo(0)
        }}
      >
        <option value="">{t('any-alarm')}</option>
        <option value="any">{t('with-alarm')}</option>
        {FLEET_ALARMS.map((one) => (
          <option key={one} value={one}>
            {t(`alarm-${one}`)}
          </option>
        ))}
      </Choice>
    </form>
  )
}
