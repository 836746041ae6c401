import type { Unit } from './rows.js'

/** A figure with three digits that count, in the unit in which it is read most easily. */
export function figure(value: number, unit: Unit): string {
  switch (unit) {
    case 'ms':
      return value >= 1_000 ? `${digits(value / 1_000)} s` : `${digits(value)} ms`
    case 'cpu-s':
      return `${digits(value)} s`
    case 'bytes':
      return value >= 1_000_000 ? `${digits(value / 1_000_000)} MB` : `${digits(value / 1_000)} KB`
  }
}

function digits(value: number): string {
  if (value >= 100) return String(Math.round(value))
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export function ratioText(ratio: number): string {
  return `${digits(ratio)}×`
}
