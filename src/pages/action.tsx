import type { ComponentChildren, JSX, VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'

type ButtonProps = Omit<JSX.IntrinsicElements['button'], 'onClick' | 'type'> & {
  readonly work: () => Promise<void> | void
  readonly children: ComponentChildren
}

/** A button that runs work; while it runs the same button does not start it twice. */
export function Action({ work, children, ...rest }: ButtonProps): VNode {
  const running = useRef(false)
  const press = (): void => {
    if (running.current) return
    running.current = true
    void Promise.resolve(work()).finally(() => {
      running.current = false
    })
  }
  return (
    <button type="button" {...rest} onClick={press}>
      {children}
    </button>
  )
}

interface FormProps {
  /** What it throws is said in the form, and what was typed stays. */
  readonly submit: () => Promise<void>
  readonly children: ComponentChildren
  readonly class?: string
  readonly id?: string
}

/** A form whose refusals are told in it, one submission at a time. */
export function Form({ submit, children, ...rest }: FormProps): VNode {
  const [error, setError] = useState('')
  const running = useRef(false)
  const send = async (): Promise<void> => {
    if (running.current) return
    running.current = true
    setError('')
    try {
      await submit()
    } catch (problem) {
      setError(messageOf(problem))
    } finally {
      running.current = false
    }
  }
  return (
    <form
      autocomplete="off"
      {...rest}
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      {children}
      <p class="error" role="alert">
        {error}
      </p>
    </form>
  )
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
