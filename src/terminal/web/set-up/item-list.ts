import { useState } from 'preact/hooks'
import { useAnswer } from '../../../pages/use-answer.js'
import type { FoundItem } from '../shapes.js'
import { search } from '../state/search.js'

/** Items on one page of a list. */
export const LIST_PAGE = 25

export interface ItemList {
  readonly items: readonly FoundItem[]
  readonly offset: number
  readonly total: number | undefined
  readonly error: string
  readonly query: string
  readonly look: (query: string, offset?: number) => void
  /** Asks again for what is shown. */
  readonly again: () => void
}

/** Items of the catalogue as a search finds them, page by page. */
export function useItemList(): ItemList {
  const [{ query, offset }, ask] = useState({ query: '', offset: 0 })
  const { value, error, again } = useAnswer(() => search(query, LIST_PAGE, offset), [query, offset])
  return {
    items: value?.items ?? [],
    offset,
    total: value?.total,
    error,
    query,
    look: (next, from = 0) => ask({ query: next, offset: from }),
    again,
  }
}
