import { useState } from 'preact/hooks'
import type { FleetRow } from '../../../docs/generated/types.js'
import { t } from '../messages/language.js'
import { TextField } from '../parts/field.js'
import type { Plain } from '../state/dialogs.js'
import { named, order } from './order.js'
import { OrderForm } from './order-form.js'

const GRAVE: readonly Plain[] = ['revoke', 'move-epoch']

/** A decision that needs no more than a reason. */
export function OrderDialog({ what, row }: { readonly what: Plain; readonly row: FleetRow }) {
  const [reason, setReason] = useState('')
  return (
    <OrderForm
      name={what}
      title={t(what)}
      what={t(`${what}-what`, named(row))}
      grave={GRAVE.includes(what)}
      work={() => order(row, what, reason)}
    >
      <TextField label={t('reason-optional')} value={reason} onValue={setReason} />
    </OrderForm>
  )
}
