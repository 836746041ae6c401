import { t } from '../messages/language.js'
import { shops } from '../state/fleet.js'
import { Choice } from './field.js'

interface Props {
  /** Id of the shop; empty for all. */
  readonly value: string
  readonly onValue: (value: string) => void
}

/** One shop or all of them; there is nothing to choose where there is one. */
export function ShopChoice({ value, onValue }: Props) {
  if (shops.value.size < 2) return null
  return (
    <Choice label={t('shop')} value={value} onValue={onValue}>
      <option value="">{t('all-shops')}</option>
      {[...shops.value.values()].map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </Choice>
  )
}
