import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { hours } from '../format.js'
import { language, t } from '../messages/language.js'

export interface PlotSeries {
  readonly name: string
  readonly values: readonly (number | null)[]
}

export interface PlotProps {
  readonly title: string
  /** Seconds since 1970, one for each value. */
  readonly times: readonly number[]
  /** What is shown, from and to, in seconds since 1970. */
  readonly range: readonly [number, number]
  readonly series: readonly PlotSeries[]
  readonly write: (value: number) => string
}

const HEIGHT = 180
const FEW = 3
/** Lines differ in how they are dashed as well: not everybody tells colours apart. */
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3]]

/** Values over time. What it shows now is said in words below it. */
export function Plot({ title, times, range, series, write }: PlotProps) {
  const place = useRef<HTMLDivElement>(null)
  const spoken = language.value
  useEffect(() => {
    const element = place.current
    if (!element) return undefined
    const options = optionsFor(element, range, series, write)
    const data = [times, ...series.map(({ values }) => values)] as unknown as UPlot.AlignedData
    let plot = new UPlot(options, data, element)
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }))
    resized.observe(element)
    // A canvas does not follow the colours of the page by itself.
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const repaint = (): void => {
      plot.destroy()
      plot = new UPlot(optionsFor(element, range, series, write), data, element)
    }
    scheme.addEventListener('change', repaint)
    return () => {
      scheme.removeEventListener('change', repaint)
      resized.disconnect()
      plot.destroy()
    }
  }, [times, series, spoken])
  return (
    <figure>
      <figcaption>
        <h3>{title}</h3>
        <ul class="legend">
          {series.map(({ name, values }, index) => (
            <li key={name}>
              <span class={`line line-${index + 1}`} aria-hidden="true" />
              {t('value-now', { series: name, value: lastOf(values, write) })}
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={place} aria-hidden="true" />
    </figure>
  )
}

function lastOf(values: readonly (number | null)[], write: (value: number) => string): string {
  const value = values.at(-1)
  return value === null || value === undefined ? t('unknown') : write(value)
}

function timeOf(seconds: number): string {
  return hours(new Date(seconds * 1_000).toISOString())
}

function optionsFor(
  element: HTMLElement,
  range: readonly [number, number],
  series: readonly PlotSeries[],
  write: (value: number) => string,
): UPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string): string => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--quiet'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { stroke: colour('--line'), width: 1 },
    font: `12px ${style.fontFamily}`,
  }
  return {
    width: Math.max(200, element.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: [...range] },
      y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] },
    },
    axes: [
      { ...axis, values: (_plot, splits) => splits.map(timeOf) },
      { ...axis, size: 90, values: (_plot, splits) => splits.map((value) => write(value)) },
    ],
    series: [
      {},
      ...series.map((_one, index) => ({
        stroke: colour(`--line-${index + 1}`),
        width: 2,
        dash: [...(DASHES[index] ?? [])],
        // Of a relay that has just begun there is no line yet.
        points: { show: series[0] !== undefined && series[0].values.length < FEW },
      })),
    ],
  }
}
