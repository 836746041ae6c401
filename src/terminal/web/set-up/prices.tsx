import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Form } from '../../../pages/action.js'
import { post } from '../api.js'
import { plainAmount, readAmount } from '../money.js'
import { t } from '../texts.js'
import { ItemFinder } from './item-finder.js'
import { useItemList } from './item-list.js'

/** Prices of many items at once: what was changed is saved together. */
export function Prices(): VNode {
  const list = useItemList()
  const [typed, setTyped] = useState<ReadonlyMap<string, string>>(new Map())
  const [saved, setSaved] = useState('')

  const save = async (): Promise<void> => {
    setSaved('')
    const items = [...typed].map(([sku, text]) => {
      const per = list.items.find((item) => item.sku === sku)?.price.per
      const minor = readAmount(text, t.value.priceWord)
      return { sku, price: per === undefined ? { minor } : { minor, per } }
    })
    if (items.length === 0) throw new Error(t.value.noPriceChanged)
    await post('/v1/items', { items })
    setTyped(new Map())
    setSaved(t.value.pricesSaved(items.length))
    list.again()
  }

  return (
    <>
      <ItemFinder list={list} />
      <Form submit={save}>
        <table class="rows">
          <caption class="off-screen">{t.value.setUpTabs.prices}</caption>
          <thead>
            <tr>
              <th scope="col">{t.value.item}</th>
              <th scope="col" class="amount">
                {t.value.price}
              </th>
            </tr>
          </thead>
          <tbody>
            {list.items.map(({ sku, name, price }) => (
              <tr key={sku}>
                <td>
                  <span class="name">{name}</span> <span class="hint">{sku}</span>
                </td>
                <td class="amount">
                  <input
                    class="amount"
                    inputMode="decimal"
                    size={9}
                    aria-label={t.value.priceOf(name)}
                    value={typed.get(sku) ?? plainAmount(price.minor)}
                    onInput={(event) => {
                      const text = event.currentTarget.value
                      const next = new Map(typed)
                      if (text === plainAmount(price.minor)) next.delete(sku)
                      else next.set(sku, text)
                      setTyped(next)
                    }}
                  />{' '}
                  {price.per === undefined ? '' : t.value.slip.per(price.per)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <p class="buttons">
          <button type="submit" class="primary" disabled={typed.size === 0}>
            {t.value.savePrices(typed.size)}
          </button>
          <span role="status">{saved}</span>
        </p>
      </Form>
    </>
  )
}
