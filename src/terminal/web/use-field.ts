import { useEffect, useMemo } from 'preact/hooks'
import { messageOf } from './api.js'
import { Field } from './field.js'
import { hold } from './state/fields.js'
import { billError } from './state/notes.js'

/** A field of the bill as long as its component is on the page; what is typed in it is saved before sealing. */
export function useField(save: (text: string) => Promise<boolean>): Field {
  const field = useMemo(
    () =>
      new Field(save, (error) => {
        billError.value = messageOf(error)
      }),
    [],
  )
  useEffect(() => hold(field), [field])
  return field
}
