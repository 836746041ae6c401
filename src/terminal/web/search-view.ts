import { get, messageOf } from './api.js'
import type { CurrentBill } from './bill.js'
import { conflictBlock, type Settling } from './conflict-view.js'
import { make, part, say } from './dom.js'
import { priceText } from './money.js'
import type { FoundItem, Item } from './shapes.js'

const HITS = 12
/** A person's typing settles for so long before it is searched. Milliseconds. */
const SETTLED_MS = 120

/** The one input for items: typed, scanned, or picked from the list. */
export class SearchView {
  readonly #bill: CurrentBill
  readonly #settling: () => Settling
  readonly #input = part('search', HTMLInputElement)
  readonly #hits = part('hits', HTMLUListElement)
  readonly #note = part('search-note', HTMLElement)
  readonly #itemNote = part('item-note', HTMLElement)
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0
  #entering: Promise<void> = Promise.resolve()

  constructor(bill: CurrentBill, settling: () => Settling) {
    this.#bill = bill
    this.#settling = settling
    this.#input.addEventListener('input', () => this.#typed())
    part('search-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      this.#enter()
    })
    this.#input.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowDown') return
      event.preventDefault()
      this.#hits.querySelector('button')?.focus()
    })
    this.#hits.addEventListener('keydown', (event) => this.#walk(event))
  }

  focus(): void {
    this.#input.focus()
    this.#input.select()
  }

  tell(message: string): void {
    this.#note.classList.remove('error')
    say(this.#note, message)
  }

  /** Resolves when everything that was entered is on the bill, or was refused. */
  entered(): Promise<void> {
    return this.#entering
  }

  /** Back to the input, with the list closed. */
  reset(): void {
    this.#close()
    this.focus()
  }

  #typed(): void {
    clearTimeout(this.#timer)
    if (this.#input.value.trim() === '') {
      this.#close()
      return
    }
    this.#timer = setTimeout(() => void this.#list(), SETTLED_MS)
  }

  async #search(text: string, limit: number): Promise<FoundItem[]> {
    const query = new URLSearchParams({ query: text, limit: String(limit) })
    return (await get<{ items: FoundItem[] }>(`/v1/items?${query}`)).items
  }

  async #list(): Promise<void> {
    const asked = (this.#asked += 1)
    const text = this.#input.value.trim()
    try {
      const items = await this.#search(text, HITS)
      const shown = await Promise.all(items.map((item) => this.#row(item)))
      // A later search, or the end of this one, has overtaken the answer.
      if (asked !== this.#asked) return
      this.#hits.replaceChildren(...shown)
      this.#hits.hidden = shown.length === 0
      say(this.#note, shown.length === 0 ? `Nothing found for “${text}”.` : `${shown.length} found.`)
    } catch (error) {
      if (asked === this.#asked) say(this.#note, messageOf(error))
    }
  }

  async #row(found: FoundItem): Promise<HTMLLIElement> {
    const pick = make(
      'button',
      { type: 'button', className: 'hit' },
      make('span', { className: 'name' }, found.name),
      make('span', { className: 'hint' }, [found.sku, ...found.barcodes].join(' · ')),
      make('span', { className: 'amount' }, priceText(found.price)),
    )
    pick.addEventListener('click', () => {
      this.#input.value = ''
      this.reset()
      this.#entering = this.#entering.then(() => this.#add(found))
    })
    const row = make('li', {}, pick)
    if (found.conflicts.length > 0) row.append(...(await this.#conflicts(found.sku)))
    return row
  }

  async #conflicts(sku: string): Promise<HTMLElement[]> {
    const item = await get<Item>(`/v1/items/${encodeURIComponent(sku)}`)
    return item.conflicts.map((conflict) =>
      conflictBlock(item, conflict, this.#settling(), () => {
        this.#itemNote.replaceChildren()
        this.reset()
        say(this.#note, `Settled for “${item.name}”.`)
      }),
    )
  }

  /** A scanner types fast and ends with Enter: the text is taken at once, so that the next scan starts clean. */
  #enter(): void {
    const text = this.#input.value.trim()
    if (text === '') return
    this.#close()
    this.#input.value = ''
    this.#entering = this.#entering.then(() => this.#take(text))
  }

  async #take(text: string): Promise<void> {
    try {
      const [first] = await this.#search(text, 1)
      if (!first) throw new Error(`There is no item “${text}” in the catalogue.`)
      await this.#add(first)
    } catch (error) {
      this.#refused(text, error)
    }
  }

  async #add(item: FoundItem): Promise<void> {
    try {
      await this.#bill.add(item.sku)
      say(this.#note, `Added ${item.name}.`)
      this.#itemNote.replaceChildren(...(item.conflicts.length > 0 ? await this.#conflicts(item.sku) : []))
    } catch (error) {
      this.#refused(item.sku, error)
    }
  }

  #refused(text: string, error: unknown): void {
    say(this.#note, messageOf(error))
    this.#note.classList.add('error')
    if (this.#input.value !== '') return
    // It can be mended, and the next scan overwrites it.
    this.#input.value = text
    this.#input.select()
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#asked += 1
    this.#hits.hidden = true
    this.#hits.replaceChildren()
    this.#note.classList.remove('error')
    say(this.#note, '')
  }

  #walk(event: KeyboardEvent): void {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const buttons = [...this.#hits.querySelectorAll('button')]
    const next = buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + step]
    if (next) next.focus()
    else if (step < 0) this.#input.focus()
  }
}
