import type { Unit } from './rows.js'

/** The unit in which a value is read most easily, and how much of the base unit it is. */
function scaleOf(value: number, unit: Unit): { readonly name: string; readonly base: number } {
  switch (unit) {
    case 'ms':
      return value >= 1_000 ? { name: 's', base: 1_000 } : { name: 'ms', base: 1 }
    case 'cpu-s':
      return { name: 's', base: 1 }
    case 'bytes':
      return value >= 1_000_000 ? { name: 'MB', base: 1_000_000 } : { name: 'KB', base: 1_000 }
  }
}

/** A figure with three digits that count. */
export function figure(value: number, unit: Unit): string {
  const { name, base } = scaleOf(value, unit)
  return `${digits(value / base)} ${name}`
}

/** Figures from and to, in the unit of the value they surround, which is not named again. */
export function range(from: number, to: number, around: number, unit: Unit): string {
  const { base } = scaleOf(around, unit)
  return `${digits(from / base)}–${digits(to / base)}`
}

function digits(value: number): string {
  if (value >= 100) return String(Math.round(value))
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

export function ratioText(ratio: number): string {
  return `${digits(ratio)}×`
}
