import type { VNode } from 'preact'
import { t } from '../texts.js'
import { LIST_PAGE, type ItemList } from './item-list.js'

/** The input above a list of items, and the buttons that turn its pages. */
export function ItemFinder({ list }: { readonly list: ItemList }): VNode {
  const { items, offset, total, error, query, look } = list
  const more = total === undefined ? items.length === LIST_PAGE : offset + items.length < total
  return (
    <div class="inline-form">
      <label>
        {t.value.itemLabel}{' '}
        <input type="search" value={query} onInput={(event) => look(event.currentTarget.value.trim())} />
      </label>
      <button
        type="button"
        disabled={offset === 0}
        onClick={() => look(query, Math.max(0, offset - LIST_PAGE))}
      >
        {t.value.pageBack}
      </button>
      <button type="button" disabled={!more} onClick={() => look(query, offset + LIST_PAGE)}>
        {t.value.pageOn}
      </button>
      <span class="hint" role="status">
        {items.length === 0
          ? t.value.nothingFound(query)
          : t.value.shownOf(offset + 1, offset + items.length, total)}
      </span>
      <p class="error" role="alert">
        {error}
      </p>
    </div>
  )
}
