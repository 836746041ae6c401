import { useState } from 'preact/hooks'
import type { TimelineLine } from '../../../docs/generated/types.js'
import { SUBJECT_KINDS, type SubjectKind } from '../../../docs/subject-kinds.js'
import { t } from '../messages/language.js'
import { ShopChoice } from '../parts/shop-choice.js'
import { Choice, TextField } from '../parts/field.js'
import { AsOf } from './as-of.js'
import type { Asked } from './asked.js'
import { Changes } from './changes.js'

/** Who changed an item, an invoice or anything else, and how. */
export function Timeline() {
  const [typed, setTyped] = useState('')
  const [kind, setKind] = useState<SubjectKind>()
  const [shop, setShop] = useState('')
  const [asked, setAsked] = useState<Asked>()
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
          setAsked({ about: typed.trim(), ...(kind ? { kind } : {}), ...(shop === '' ? {} : { shop }) })
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
        <Choice
          label={t('audit-kind')}
          value={kind ?? ''}
          onValue={(value) => setKind(SUBJECT_KINDS.find((one) => one === value))}
        >
          <option value="">{t('audit-any')}</option>
          {SUBJECT_KINDS.map((one) => (
            <option key={one} value={one}>
              {t(`subject-${one}`)}
            </option>
          ))}
        </Choice>
        <ShopChoice value={shop} onValue={setShop} />
        <button type="submit" class="main">
          {t('audit-show')}
        </button>
      </form>
      {asked === undefined ? null : (
        <>
          <AsOf key={`as of ${keyOf(asked)}`} asked={asked} lines={lines} />
          <Changes key={keyOf(asked)} asked={asked} onLines={setLines} />
        </>
      )}
    </>
  )
}

const keyOf = ({ about, kind, shop = '' }: Asked): string => `${about} ${kind ?? ''} ${shop}`
