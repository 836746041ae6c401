/** Does work for each value, for so many at once, beginning in their order. */
export async function sideBySide<T>(
  atOnce: number,
  values: readonly T[],
  work: (value: T) => Promise<void>,
): Promise<void> {
  const waiting = [...values]
  const lane = async (): Promise<void> => {
    for (let value = waiting.shift(); value !== undefined; value = waiting.shift()) await work(value)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
