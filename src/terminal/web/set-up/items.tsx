import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Action } from '../../../pages/action.js'
import { openDialog } from '../../../pages/dialogs.js'
import { messageOf, post } from '../api.js'
import { ItemPicture } from '../item-picture.js'
import { priceText } from '../money.js'
import { stockOf } from '../search.js'
import { itemOf } from '../state/search.js'
import { t } from '../texts.js'
import { ItemFinder } from './item-finder.js'
import { ItemForm } from './item-form.js'
import { useItemList } from './item-list.js'

/** Every item of the catalogue, to be looked at, changed, and added. */
export function Items(): VNode {
  const list = useItemList()
  const [error, setError] = useState('')
  const edit = async (sku?: string): Promise<void> => {
    const item = sku === undefined ? undefined : await itemOf(sku)
    await openDialog((close) => <ItemForm item={item} close={close} />)
    list.again()
  }
  const bringBack = async (sku: string): Promise<void> => {
    setError('')
    try {
      await post('/v1/items', { items: [{ sku, withdrawn: false }] })
      list.again()
    } catch (problem) {
      setError(messageOf(problem))
    }
  }
  return (
    <>
      <ItemFinder list={list} />
      <label class="inline">
        <input
          type="checkbox"
          checked={list.withdrawn}
          onChange={(event) => list.showWithdrawn(event.currentTarget.checked)}
        />{' '}
        {t.value.withdrawnToo}
      </label>
      <p class="error" role="alert">
        {error}
      </p>
      <p class="buttons">
        <Action class="primary" work={() => edit()}>
          {t.value.newItem}
        </Action>
      </p>
      <table class="rows">
        <caption class="off-screen">{t.value.items}</caption>
        <thead>
          <tr>
            <th scope="col">{t.value.picture}</th>
            <th scope="col">{t.value.item}</th>
            <th scope="col" class="amount">
              {t.value.price}
            </th>
            <th scope="col">{t.value.tax}</th>
            <th scope="col">{t.value.stock}</th>
            <th scope="col">
              <span class="off-screen">{t.value.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.items.map((item) => (
            <tr key={item.sku}>
              <td>
                <ItemPicture item={item} />
              </td>
              <td>
                <span class="name">{item.name}</span>{' '}
                <span class="hint">{[item.sku, ...item.barcodes].join(' · ')}</span>
                {item.withdrawn ? <p class="hint">{t.value.withdrawn}</p> : null}
                {item.conflicts.length > 0 ? <p class="hint">{t.value.hasConflict}</p> : null}
              </td>
              <td class="amount">{priceText(item.price)}</td>
              <td>{item.tax ?? ''}</td>
              <td>{stockOf(item).join('')}</td>
              <td class="buttons">
                <Action aria-label={t.value.changeLine(item.name)} work={() => edit(item.sku)}>
                  {t.value.change}
                </Action>
                {item.withdrawn ? (
                  <Action aria-label={t.value.bringBackLine(item.name)} work={() => bringBack(item.sku)}>
                    {t.value.bringBack}
                  </Action>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
