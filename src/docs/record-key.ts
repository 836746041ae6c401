/** A day book holds one value per sealed record, under its position in the terminal's chain. */
export function recordKey(position: number): string {
  return `record/${String(position).padStart(9, '0')}`
}

export function positionOf(key: string): number | undefined {
  const match = /^record\/(\d{9})$/.exec(key)
  return match ? Number(match[1]) : undefined
}
