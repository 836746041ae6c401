import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

export interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly onValue: (value: string) => void
  readonly required?: boolean
  readonly most?: number
  readonly kind?: 'text' | 'password' | 'search' | 'url'
  readonly complete?: 'username' | 'current-password' | 'off'
  readonly hint?: string
  /** Id of a list of suggestions. */
  readonly list?: string
  readonly name?: string
}

export function TextField(props: TextFieldProps) {
  const { label, value, onValue, required = false, most = 500, kind = 'text', hint, list, name } = props
  const own = useId()
  const id = name ?? own
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        // The types of JSX know each kind of field by itself.
        type={kind as 'text'}
        value={value}
        required={required}
        maxLength={most}
        {...(hint === undefined ? {} : { placeholder: hint })}
        {...(list === undefined ? {} : { list })}
        autocomplete={props.complete ?? 'off'}
        onInput={({ currentTarget }) => onValue(currentTarget.value)}
      />
    </div>
  )
}

export interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly onValue: (value: string) => void
  readonly children: ComponentChildren
}

export function Choice({ label, value, onValue, children }: ChoiceProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
        {children}
      </select>
    </div>
  )
}
