import { useState } from 'preact/hooks'
import type { FleetRow } from '../../../docs/generated/types.js'
import { t } from '../messages/language.js'
import { TextField } from '../parts/field.js'
import { named, order } from './order.js'
import { OrderForm } from './order-form.js'

export function RenameDialog({ row }: { readonly row: FleetRow }) {
  const [name, setName] = useState(row.name)
  return (
    <OrderForm
      name="rename"
      title={t('rename')}
      what={t('rename-what', named(row))}
      work={() => order(row, 'rename', '', { name })}
    >
      <TextField label={t('new-name')} value={name} onValue={setName} most={80} required />
    </OrderForm>
  )
}
