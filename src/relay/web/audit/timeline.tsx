import { useState } from 'preact/hooks'
import type { TimelineLine } from '../../../docs/generated/types.js'
import { t } from '../messages/language.js'
import { TextField } from '../parts/field.js'
import { AsOf } from './as-of.js'
import { Changes } from './changes.js'

/** Who changed an item, an invoice or a document, and how. */
export function Timeline() {
  const [typed, setTyped] = useState('')
  const [about, setAbout] = useState('')
  const [lines, setLines] = useState<readonly TimelineLine[]>([])
  return (
    <>
      <form
        class="row"
        role="search"
        aria-label={t('audit-timeline')}
        onSubmit={(event) => {
          event.preventDefault()
          setLines([])
          setAbout(typed.trim())
        }}
      >
        <TextField
          name="audit-about"
          label={t('audit-about')}
          value={typed}
          onValue={setTyped}
          required
          most={200}
        />
        <button type="submit" class="main">
          {t('audit-show')}
        </button>
      </form>
      {about === '' ? null : (
        <>
          <AsOf key={`as of ${about}`} about={about} lines={lines} />
          <Changes key={about} about={about} onLines={setLines} />
        </>
      )}
    </>
  )
}
