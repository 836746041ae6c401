import { useEffect, useState } from 'preact/hooks'
import type { HealthResponse, HealthSeries } from '../../../docs/generated/types.js'
import { bytes, number, seconds } from '../format.js'
import { t, type Key } from '../messages/language.js'
import { Choice } from '../parts/field.js'
import { heard } from '../state/live.js'
import { Plot, type PlotProps, type PlotSeries } from './plot.js'
import { useAnswer } from './reading.js'

interface Chart {
  readonly title: Key
  readonly series: readonly (readonly [keyof HealthSeries, Key])[]
  readonly write: (value: number) => string
}

const CHARTS: readonly Chart[] = [
  {
    title: 'plot-work',
    series: [
      ['records', 'series-records'],
      ['receipts', 'series-receipts'],
      ['requests', 'series-requests'],
    ],
    write: number,
  },
  { title: 'plot-connections', series: [['connections', 'series-connections']], write: number },
  { title: 'plot-refusals', series: [['refusals', 'series-refusals']], write: number },
  {
    title: 'plot-queues',
    series: [
      ['uncounted', 'series-uncounted'],
      ['unverified', 'series-unverified'],
      ['inspecting', 'series-inspecting'],
    ],
    write: number,
  },
  { title: 'plot-lag', series: [['lag', 'series-lag']], write: seconds },
  { title: 'plot-memory', series: [['memory', 'series-memory']], write: bytes },
  {
    title: 'plot-storage',
    series: [
      ['storageUsed', 'series-used'],
      ['storageFree', 'series-free'],
    ],
    write: bytes,
  },
  { title: 'plot-documents', series: [['documents', 'series-documents']], write: number },
]

const HOURS = ['1', '6', '24'] as const

/** Storage, queues, connections and rates over time. */
export function HealthView() {
  const [shownHours, setHours] = useState('6')
  const answer = useAnswer<HealthResponse>('/v1/admin/health', heard.health.value)
  const isNarrow = useNarrow()
  return (
    <section aria-labelledby="health-title">
      <div class="row">
        <h2 id="health-title">{t('health')}</h2>
        <Choice label={t('range')} value={shownHours} onValue={setHours}>
          {HOURS.map((hours) => (
            <option key={hours} value={hours}>
              {t(`range-${hours}`)}
            </option>
          ))}
        </Choice>
      </div>
      <p>{t('health-begins')}</p>
      {answer ? (
        <div class={isNarrow ? 'plots one' : 'plots'}>
          {CHARTS.map(({ title, series, write }) => (
            <Plot
              key={title}
              title={t(title)}
              write={write}
              {...latest(answer, Number(shownHours))}
              series={series.map(([field, name]): PlotSeries => ({
                name: t(name),
                values: answer.series[field].slice(-samplesIn(answer, Number(shownHours))),
              }))}
            />
          ))}
        </div>
      ) : null}
    </section>
  )
}

function samplesIn({ stepSeconds }: HealthResponse, hours: number): number {
  return Math.ceil((hours * 3_600) / stepSeconds)
}

function latest(answer: HealthResponse, hours: number): Pick<PlotProps, 'times' | 'range'> {
  const to = Math.floor(Date.parse(answer.at) / 1_000)
  return { times: answer.times.slice(-samplesIn(answer, hours)), range: [to - hours * 3_600, to] }
}

/** A plot is drawn anew for a screen of another width. */
function useNarrow(): boolean {
  const media = matchMedia('(max-width: 50rem)')
  const [isNarrow, setNarrow] = useState(media.matches)
  useEffect(() => {
    const look = (): void => setNarrow(media.matches)
    media.addEventListener('change', look)
    return () => media.removeEventListener('change', look)
  }, [])
  return isNarrow
}
