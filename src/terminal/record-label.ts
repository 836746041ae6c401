/**
 * The label of the file that holds the records from one position to another (`251-500`). Should the file's content be
 * damaged, its name still says what is lost (D2).
 */
export function rangeLabel(first: number, last: number): string {
  return `${first}-${last}`
}

/** Far above what a day book holds; a name on a disk is no reason to count to a billion. */
const MOST_POSITIONS = 100_000

/** The positions a label names, ascending; undefined when it names none. */
export function positionsOfLabel(label: string): number[] | undefined {
  const [, from, to] = /^(\d{1,12})-(\d{1,12})$/.exec(label) ?? []
  const first = Number(from)
  const count = Number(to) - first + 1
  if (!(count > 0 && count <= MOST_POSITIONS)) return undefined
  return Array.from({ length: count }, (_, index) => first + index)
}
