import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ItemPicture } from './item-picture.js'
import { priceText } from './money.js'
import { GRID_PAGE, grid } from './state/grid.js'
import { pick } from './state/search.js'
import { focusSearch } from './state/focus.js'
import { stockOf } from './search.js'
import { t } from './texts.js'

/** Items as pictures. Arrows walk, Enter adds, Page Up and Page Down turn the page. */
export function ItemGrid(): VNode | null {
  return grid.value.open ? <OpenGrid /> : null
}

function OpenGrid(): VNode {
  const list = useRef<HTMLUListElement>(null)
  const { items, offset, total, show, close } = grid.value
  const more = total === undefined ? items.length === GRID_PAGE : offset + items.length < total

  useEffect(() => {
    list.current?.querySelector('button')?.focus()
  }, [offset])

  const turn = (by: number): void => {
    if (by > 0 ? more : offset > 0) show(Math.max(0, offset + by * GRID_PAGE))
  }
  const walk = (event: KeyboardEvent): void => {
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])]
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    const columns = columnsOf(buttons)
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
    }
    const step = steps[event.key]
    if (step !== undefined) buttons[at + step]?.focus()
    else if (event.key === 'PageDown') turn(1)
    else if (event.key === 'PageUp') turn(-1)
    else return
    event.preventDefault()
  }

  return (
    <section id="grid" aria-label={t.value.items}>
      <ul ref={list} onKeyDown={walk}>
        {items.map((item) => (
          <li key={item.sku}>
            <button type="button" class="tile" onClick={() => pick(item)}>
              <ItemPicture item={item} />
              <span class="name">{item.name}</span>
              <span class="amount">{priceText(item.price)}</span>
              <span class="hint">{stockOf(item).join('')}</span>
            </button>
          </li>
        ))}
      </ul>
      {items.length === 0 ? <p class="hint">{t.value.catalogueEmpty}</p> : null}
      <p class="buttons">
        <button type="button" disabled={offset === 0} onClick={() => turn(-1)}>
          {t.value.pageBack}
        </button>
        <button type="button" disabled={!more} onClick={() => turn(1)}>
          {t.value.pageOn}
        </button>
        <span class="hint">{t.value.shownOf(offset + 1, offset + items.length, total)}</span>
        <button
          type="button"
          onClick={() => {
            close()
            focusSearch()
          }}
        >
          {t.value.close}
        </button>
      </p>
    </section>
  )
}

/** Tiles in the first row, as the style sheet has laid them out. */
function columnsOf(tiles: readonly HTMLElement[]): number {
  const top = tiles[0]?.getBoundingClientRect().top
  return Math.max(1, tiles.filter((tile) => tile.getBoundingClientRect().top === top).length)
}
