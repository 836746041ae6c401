import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { TaxList } from '../../../docs/generated/types.js'
import { Form } from '../../../pages/action.js'
import { useAnswer } from '../../../pages/use-answer.js'
import { get, post } from '../api.js'
import { search } from '../state/search.js'
import { t } from '../texts.js'
import { ShopForm } from './shop-form.js'

/** Items asked for at once when a tax is changed for all that have it. */
const BATCH = 200

/** Taxes as the catalogue spells them, each changed for all items that have it. */
export function Taxes(): VNode {
  const { value, error, again } = useAnswer(() => get<TaxList>('/v1/taxes'), [])
  const [done, setDone] = useState('')
  return (
    <>
      <h3>{t.value.taxesInUse}</h3>
      <p class="hint">{t.value.taxSpellingAbout}</p>
      <p class="error" role="alert">
        {error}
      </p>
      <p role="status">{done}</p>
      <ul class="list">
        {value?.taxes.map((one) => (
          <TaxRow
            key={one.tax}
            tax={one}
            changed={(count) => {
              setDone(t.value.taxChanged(count))
              again()
            }}
          />
        ))}
      </ul>
      <ShopForm />
    </>
  )
}

interface RowProps {
  readonly tax: TaxList['taxes'][number]
  readonly changed: (items: number) => void
}

function TaxRow({ tax: { tax, items }, changed }: RowProps): VNode {
  const input = useRef<HTMLInputElement>(null)
  const save = async (): Promise<void> => {
    const next = input.current?.value.trim() ?? ''
    if (next === tax) throw new Error(t.value.taxSame)
    const skus = await skusTaxed(tax)
    for (let from = 0; from < skus.length; from += BATCH)
      await post('/v1/items', { items: skus.slice(from, from + BATCH).map((sku) => ({ sku, tax: next })) })
    changed(skus.length)
  }
  return (
    <li>
      <Form submit={save} class="inline-form">
        <label>
          {t.value.taxOfItems(tax === '' ? t.value.nothing : tax, items)}{' '}
          <input ref={input} defaultValue={tax} maxLength={200} />
        </label>
        <button type="submit">{t.value.changeForAll}</button>
      </Form>
    </li>
  )
}

async function skusTaxed(tax: string): Promise<string[]> {
  const skus: string[] = []
  for (let offset = 0; ; offset += BATCH) {
    const { items } = await search('', BATCH, offset)
    skus.push(...items.filter((item) => (item.tax ?? '') === tax).map(({ sku }) => sku))
    if (items.length < BATCH) return skus
  }
}
