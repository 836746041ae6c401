import type { PersonView } from '../../docs/generated/types.js'
import { choose, language, LANGUAGES, t, type Language } from './messages/language.js'
import { Button } from './parts/button.js'
import { Choice } from './parts/field.js'
import { me, signOut } from './state/session.js'
import { view, VIEWS, type View } from './state/view.js'

/** @param hidden views that a manager has not */
export function Head({ hidden }: { readonly hidden: readonly View[] }) {
  const person = me.value
  const views = VIEWS.filter((one) => person?.role !== 'manager' || !hidden.includes(one))
  return (
    <header>
      <h1>{t('title')}</h1>
      {person ? (
        <nav aria-label={t('views')}>
          <ul>
            {views.map((one) => (
              <li key={one}>
                <a href={`#${one}`} aria-current={view.value === one ? 'page' : undefined}>
                  {t(one)}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      ) : null}
      <div class="row push">
        <p id="who">{person ? nameOf(person) : ''}</p>
        <Choice label={t('language')} value={language.value} onValue={(chosen) => choose(chosen as Language)}>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </Choice>
        {person ? <Button work={signOut}>{t('sign-out')}</Button> : null}
      </div>
    </header>
  )
}

function nameOf({ name, role, shop }: PersonView): string {
  const words = { name, role: t(`role-${role}`) }
  return shop === undefined ? t('signed-in-as', words) : t('signed-in-of', { ...words, shop })
}
