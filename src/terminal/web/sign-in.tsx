import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { messageOf } from './api.js'
import { lastSignedIn, names, session, signIn } from './state/session.js'
import { t } from './texts.js'

/** While nobody is signed in, there is nothing but name and PIN. */
export function SignIn(): VNode | null {
  return session.value.state === 'locked' ? <SignInForm /> : null
}

function SignInForm(): VNode {
  const name = useRef<HTMLSelectElement>(null)
  const pin = useRef<HTMLInputElement>(null)
  const [error, setError] = useState('')
  const [chosen, choose] = useState(lastSignedIn())
  const known = names.value.includes(chosen) ? chosen : (names.value[0] ?? '')

  useEffect(() => {
    if (known === lastSignedIn()) pin.current?.focus()
    else name.current?.focus()
  }, [])

  const enter = async (): Promise<void> => {
    const input = pin.current
    if (!input) return
    setError('')
    try {
      await signIn(known, input.value)
    } catch (problem) {
      setError(messageOf(problem))
      input.focus()
    } finally {
      input.value = ''
    }
  }

  return (
    <section id="sign-in" aria-labelledby="sign-in-title">
      <h2 id="sign-in-title">{t.value.signIn}</h2>
      <form
        id="sign-in-form"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault()
          void enter()
        }}
      >
        <label>
          {t.value.name}
          <select
            id="sign-in-name"
            ref={name}
            value={known}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {names.value.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t.value.pin}
          <input
            id="sign-in-pin"
            ref={pin}
            type="password"
            inputMode="numeric"
            autocomplete="off"
            maxLength={12}
            size={12}
            required
          />
        </label>
        <button type="submit" class="primary">
          {t.value.signIn}
        </button>
        <p id="sign-in-error" class="error" role="alert">
          {error}
        </p>
      </form>
      <p class="hint">{t.value.signInHint}</p>
    </section>
  )
}
