import { useEffect, useState } from 'preact/hooks'
import { t } from './messages/language.js'
import { useWork } from './parts/button.js'
import { TextField } from './parts/field.js'
import { signIn } from './state/session.js'

export function SignIn() {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const { run, busy } = useWork(async () => {
    try {
      await signIn(name, password)
    } finally {
      setPassword('')
    }
  })
  useEffect(() => document.getElementById('name')?.focus(), [])
  return (
    <section aria-labelledby="sign-in-title">
      <h2 id="sign-in-title">{t('sign-in')}</h2>
      <form
        class="narrow"
        onSubmit={(event) => {
          event.preventDefault()
          void run()
        }}
      >
        <TextField
          name="name"
          label={t('name')}
          value={name}
          onValue={setName}
          most={100}
          complete="username"
          required
        />
        <TextField
          name="password"
          label={t('password')}
          value={password}
          onValue={setPassword}
          most={200}
          kind="password"
          complete="current-password"
          required
        />
        <button type="submit" class="main" aria-busy={busy}>
          {t('sign-in')}
        </button>
      </form>
    </section>
  )
}
