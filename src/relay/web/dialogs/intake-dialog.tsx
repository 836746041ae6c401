import { useState } from 'preact/hooks'
import type { FleetRow } from '../../../docs/generated/types.js'
import { t } from '../messages/language.js'
import { Choice, TextField } from '../parts/field.js'
import { named, order } from './order.js'
import { OrderForm } from './order-form.js'

const MINUTES = [15, 30, 60, 240, 1_440] as const

export function IntakeDialog({ row }: { readonly row: FleetRow }) {
  const [minutes, setMinutes] = useState('30')
  const [reason, setReason] = useState('')
  return (
    <OrderForm
      name="intake"
      title={t('open-intake')}
      what={t('open-intake-what', named(row))}
      work={() => order(row, 'intake', reason, { seconds: Number(minutes) * 60 })}
    >
      <Choice label={t('intake-for')} value={minutes} onValue={setMinutes}>
        {MINUTES.map((one) => (
          <option key={one} value={String(one)}>
            {one < 60 ? t('intake-minutes', { count: one }) : t('intake-hours', { count: one / 60 })}
          </option>
        ))}
      </Choice>
      <TextField label={t('reason-optional')} value={reason} onValue={setReason} />
    </OrderForm>
  )
}
