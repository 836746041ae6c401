import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useSignalEffect } from '@preact/signals'
import { useAnswer } from '../../pages/use-answer.js'
import { ConflictBlock } from './conflict.js'
import { ItemGrid } from './item-grid.js'
import { ItemPicture } from './item-picture.js'
import { priceText } from './money.js'
import { note, searchNote } from './state/notes.js'
import { closeHits, enter, hits, inConflict, itemOf, list, pick, returned } from './state/search.js'
import { grid } from './state/grid.js'
import { focusSearch, resetSearch, searchInput } from './state/focus.js'
import type { FoundItem, Item } from './shapes.js'
import { t } from './texts.js'

/** A person's typing settles for so long before it is searched. Milliseconds. */
const SETTLED_MS = 120

/** The one input for items: typed, scanned, or picked from the list or the grid. */
export function Search(): VNode {
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => {
    searchInput.value = input.current ?? undefined
    input.current?.focus()
  }, [])
  useSignalEffect(() => {
    const back = returned.value
    const element = input.current
    if (!back || !element || element.value !== '') return
    // It can be mended, and the next scan overwrites it.
    element.value = back.text
    element.select()
  })

  const typed = (): void => {
    clearTimeout(timer.current)
    const text = input.current?.value.trim() ?? ''
    if (text === '') closeHits()
    else timer.current = setTimeout(() => void list(text), SETTLED_MS)
  }
  const submit = (): void => {
    clearTimeout(timer.current)
    const element = input.current
    const text = element?.value.trim() ?? ''
    if (!element || text === '') return
    element.value = ''
    enter(text)
  }

  return (
    <form
      id="search-form"
      role="search"
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <label for="search">{t.value.itemLabel}</label>
      <div class="search-row">
        <div class="search-box">
          <input
            id="search"
            ref={input}
            type="text"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            aria-controls="hits"
            aria-keyshortcuts="Escape"
            onInput={typed}
            onKeyDown={(event) => {
              if (event.key !== 'ArrowDown') return
              event.preventDefault()
              document.querySelector<HTMLElement>('#hits button, #grid button')?.focus()
            }}
          />
          <Hits />
        </div>
        <button
          type="button"
          id="open-grid"
          aria-expanded={grid.value.open}
          aria-controls="grid"
          aria-keyshortcuts="F3"
          onClick={() => (grid.value.open ? grid.value.close() : void grid.value.show())}
        >
          {t.value.items} <kbd aria-hidden="true">F3</kbd>
        </button>
      </div>
      <div class="title-row">
        <p id="search-note" role="status" class={searchNote.value.bad ? 'error' : undefined}>
          {searchNote.value.text}
        </p>
        <p class="hint">
          <kbd>Enter</kbd> {t.value.enterAdds} · <kbd>↓</kbd> {t.value.downToList} · <kbd>Esc</kbd>{' '}
          {t.value.escBack}
        </p>
      </div>
      <ItemGrid />
      <ItemNote />
    </form>
  )
}

function Hits(): VNode {
  const walk = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button.hit')]
    const next = buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + step]
    if (next) next.focus()
    else if (step < 0) searchInput.value?.focus()
  }
  return (
    <ul id="hits" aria-label={t.value.itemsFound} hidden={hits.value.length === 0} onKeyDown={walk}>
      {hits.value.map((item) => (
        <li key={item.sku}>
          <button type="button" class="hit" onClick={() => choose(item)}>
            <ItemPicture item={item} />
            <span class="name">{item.name}</span>
            <span class="hint">{[item.sku, ...item.barcodes, ...stockOf(item)].join(' · ')}</span>
            <span class="amount">{priceText(item.price)}</span>
          </button>
          {item.conflicts.length > 0 ? <HitConflicts sku={item.sku} /> : null}
        </li>
      ))}
    </ul>
  )
}

/** Who wrote which value is not part of what a search finds. */
function HitConflicts({ sku }: { readonly sku: string }): VNode | null {
  const { value: item } = useAnswer(() => itemOf(sku), [sku])
  if (!item) return <p class="hint">{t.value.hasConflict}</p>
  return <ItemConflicts item={item} />
}

function ItemConflicts({ item }: { readonly item: Item }): VNode {
  return (
    <>
      {item.conflicts.map((conflict) => (
        <ConflictBlock
          key={conflict.field}
          item={item}
          conflict={conflict}
          settled={() => {
            inConflict.value = undefined
            resetSearch()
            note(t.value.settledFor(item.name))
          }}
        />
      ))}
    </>
  )
}

export function stockOf({ onHand, unit, oversold }: FoundItem): string[] {
  if (onHand === undefined) return []
  const text = unit === undefined ? onHand : `${onHand} ${unit}`
  return [oversold ? t.value.oversoldBy(text) : t.value.onHand(text)]
}

function choose(item: FoundItem): void {
  if (searchInput.value) searchInput.value.value = ''
  pick(item)
  focusSearch()
}

/** Both values of an item that was just added, where two were written apart. */
function ItemNote(): VNode | null {
  const item = inConflict.value
  if (!item) return null
  return (
    <div id="item-note">
      <ItemConflicts item={item} />
    </div>
  )
}
