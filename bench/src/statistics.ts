/** The value below which so much of a hundred lies, between two samples in proportion (as R's type 7). */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const place = ((sorted.length - 1) * percent) / 100
  const low = sorted[Math.floor(place)]
  const high = sorted[Math.ceil(place)]
  if (low === undefined || high === undefined) throw new Error('There are no samples')
  return low + (high - low) * (place - Math.floor(place))
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 50)
}

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  /** Between the first and the third quartile lies the middle half. */
  readonly quartiles: readonly [number, number]
  readonly runs: number
}

export function summarise(samples: readonly number[]): Summary {
  return {
    median: median(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
    quartiles: [percentile(samples, 25), percentile(samples, 75)],
    runs: samples.length,
  }
}
