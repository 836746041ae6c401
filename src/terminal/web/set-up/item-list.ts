import { useState } from 'preact/hooks'
import { useAnswer } from '../../../pages/use-answer.js'
import { get } from '../api.js'
import type { FoundItem } from '../shapes.js'
import type { Found } from '../state/search.js'

/** Items on one page of a list. */
export const LIST_PAGE = 25

export interface ItemList {
  readonly items: readonly FoundItem[]
  readonly offset: number
  readonly total: number | undefined
  readonly error: string
  readonly query: string
  readonly look: (query: string, offset?: number) => void
  /** Whether those that were withdrawn are shown too. */
  readonly withdrawn: boolean
  readonly showWithdrawn: (shown: boolean) => void
  /** Asks again for what is shown. */
  readonly again: () => void
}

/** Items of the catalogue as a search finds them, page by page. */
export function useItemList(): ItemList {
  const [{ query, offset, withdrawn }, ask] = useState({ query: '', offset: 0, withdrawn: false })
  const { value, error, again } = useAnswer(() => {
    const asked = { query, limit: String(LIST_PAGE), offset: String(offset), withdrawn: String(withdrawn) }
    return get<Found>(`/v1/items?${new URLSearchParams(asked)}`)
  }, [query, offset, withdrawn])
  return {
    items: value?.items ?? [],
    offset,
    total: value?.total,
    error,
    query,
    look: (next, from = 0) => ask({ query: next, offset: from, withdrawn }),
    withdrawn,
    showWithdrawn: (shown) => ask({ query, offset: 0, withdrawn: shown }),
    again,
  }
}
