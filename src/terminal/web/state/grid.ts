import { signal } from '@preact/signals'
import { messageOf } from '../api.js'
import type { FoundItem } from '../shapes.js'
import { refuse } from './notes.js'
import { search } from './search.js'

/** Items on one page of the grid: four rows of six on the smallest screen. */
export const GRID_PAGE = 24

export interface Grid {
  readonly open: boolean
  readonly items: readonly FoundItem[]
  readonly offset: number
  /** Items in all; undefined where the agent did not count. */
  readonly total?: number
  readonly show: (offset?: number) => Promise<void>
  readonly close: () => void
}

let asked = 0

async function show(offset = 0): Promise<void> {
  asked += 1
  const own = asked
  try {
    const { items, total } = await search('', GRID_PAGE, offset)
    if (own !== asked) return
    grid.value = { ...grid.value, open: true, items, offset, ...(total === undefined ? {} : { total }) }
  } catch (error) {
    refuse(messageOf(error))
  }
}

function close(): void {
  asked += 1
  grid.value = { ...grid.value, open: false, items: [] }
}

/** The items of the catalogue with their pictures, page by page, for who would rather point than type. */
export const grid = signal<Grid>({ open: false, items: [], offset: 0, show, close })
