import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Action, Form } from '../../../pages/action.js'
import { confirmed, Dialog, openDialog } from '../../../pages/dialogs.js'
import type { CashierList } from '../../../docs/generated/types.js'
import { get, messageOf, post, put } from '../api.js'
import { t } from '../texts.js'

type Role = CashierList['cashiers'][number]['role']

/** Who signs in at the shop's terminals; the relay keeps it, and every terminal learns it. */
export function Users(): VNode {
  const [list, setList] = useState<CashierList>()
  const [error, setError] = useState('')
  useEffect(() => {
    get<CashierList>('/v1/setup/users').then(setList, (problem: unknown) => setError(messageOf(problem)))
  }, [])

  const remove = async (name: string): Promise<void> => {
    const sure = await confirmed({
      name: 'remove-person',
      title: t.value.removeUserTitle(name),
      sentences: [t.value.removeUserAbout],
      yes: t.value.remove,
      no: t.value.notNow,
    })
    if (!sure) return
    setError('')
    try {
      setList(await post<CashierList>('/v1/setup/users/remove', { name }))
    } catch (problem) {
      setError(messageOf(problem))
    }
  }

  return (
    <>
      <p>{list?.signInNeeded === false ? t.value.nobodySignsIn : t.value.usersAbout}</p>
      <p class="error" role="alert">
        {error}
      </p>
      <table class="rows">
        <caption class="off-screen">{t.value.setUpTabs.users}</caption>
        <thead>
          <tr>
            <th scope="col">{t.value.name}</th>
            <th scope="col">{t.value.role}</th>
            <th scope="col">
              <span class="off-screen">{t.value.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list?.cashiers.map(({ name, role }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{t.value.roles[role]}</td>
              <td class="buttons">
                <Action
                  aria-label={t.value.newPinFor(name)}
                  work={() => openDialog((close) => <PinDialog name={name} close={close} />)}
                >
                  {t.value.newPin}
                </Action>
                <Action aria-label={t.value.removeLine(name)} work={() => remove(name)}>
                  {t.value.remove}
                </Action>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <AddUser first={list?.signInNeeded === false} added={setList} />
    </>
  )
}

interface AddProps {
  /** Nobody is there yet: the first is a manager. */
  readonly first: boolean
  readonly added: (list: CashierList) => void
}

function AddUser({ first, added }: AddProps): VNode {
  const name = useRef<HTMLInputElement>(null)
  const pin = useRef<HTMLInputElement>(null)
  const [chosen, setRole] = useState<Role>('cashier')
  const role = first ? 'manager' : chosen
  const add = async (): Promise<void> => {
    const [nameInput, pinInput] = [name.current, pin.current]
    if (!nameInput || !pinInput) return
    added(
      await post<CashierList>('/v1/setup/users', { name: nameInput.value.trim(), role, pin: pinInput.value }),
    )
    nameInput.value = ''
    pinInput.value = ''
  }
  return (
    <Form submit={add}>
      <h3>{t.value.addUser}</h3>
      <div class="fields">
        <label>
          {t.value.name} <input ref={name} maxLength={80} required />
        </label>
        <label>
          {t.value.role}{' '}
          <select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
            <option value="cashier" disabled={first}>
              {t.value.roles.cashier}
            </option>
            <option value="manager">{t.value.roles.manager}</option>
          </select>
        </label>
        <PinInput input={pin} />
      </div>
      <p class="buttons">
        <button type="submit" class="primary">
          {t.value.addUser}
        </button>
      </p>
    </Form>
  )
}

function PinInput({ input }: { readonly input: { current: HTMLInputElement | null } }): VNode {
  return (
    <label>
      {t.value.pinRule}{' '}
      <input
        ref={input}
        type="password"
        inputMode="numeric"
        autocomplete="new-password"
        maxLength={12}
        required
      />
    </label>
  )
}

function PinDialog({ name, close }: { readonly name: string; readonly close: () => void }): VNode {
  const pin = useRef<HTMLInputElement>(null)
  const save = async (): Promise<void> => {
    await put('/v1/setup/users/pin', { name, pin: pin.current?.value ?? '' })
    close()
  }
  return (
    <Dialog name="pin" title={t.value.newPinFor(name)} close={close}>
      <Form submit={save}>
        <div class="fields">
          <PinInput input={pin} />
        </div>
        <p class="buttons">
          <button type="submit" class="primary">
            {t.value.save}
          </button>
          <button type="button" onClick={close}>
            {t.value.close}
          </button>
        </p>
      </Form>
    </Dialog>
  )
}
