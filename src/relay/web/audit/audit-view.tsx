import { signal } from '@preact/signals'
import { t, type Key } from '../messages/language.js'
import { me } from '../state/session.js'
import { Completeness } from './completeness.js'
import { Proof } from './proof.js'
import { Records } from './records.js'
import { Timeline } from './timeline.js'

const PARTS = ['records', 'timeline', 'completeness', 'proof'] as const
type Part = (typeof PARTS)[number]

const SHOWN: Readonly<Record<Part, () => preact.JSX.Element>> = {
  records: Records,
  timeline: Timeline,
  completeness: Completeness,
  proof: Proof,
}
const TITLES: Readonly<Record<Part, Key>> = {
  records: 'audit-records',
  timeline: 'audit-timeline',
  completeness: 'audit-completeness',
  proof: 'audit-proof-part',
}

const part = signal<Part>('records')

/** Who changed what, when; whether it is complete; what proves it. */
export function AuditView() {
  // Proof is of the whole relay, of which a manager sees one shop.
  const parts = PARTS.filter((one) => one !== 'proof' || me.value?.role !== 'manager')
  const Shown = SHOWN[parts.includes(part.value) ? part.value : 'records']
  return (
    <section aria-labelledby="audit-title">
      <h2 id="audit-title">{t('audit')}</h2>
      <div class="row" role="group" aria-label={t('audit-parts')}>
        {parts.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={part.value === one}
            onClick={() => {
              part.value = one
            }}
          >
            {t(TITLES[one])}
          </button>
        ))}
      </div>
      <Shown />
    </section>
  )
}
