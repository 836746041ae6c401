import type { ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { alert } from '../state/alert.js'
import { refused } from '../state/session.js'

export interface ButtonProps {
  readonly work: () => Promise<void> | void
  readonly children: ComponentChildren
  /** Where the text alone does not say what it is about. */
  readonly label?: string | undefined
  readonly kind?: 'plain' | 'main' | 'grave'
  readonly disabled?: boolean
}

/** While its work runs, pressing it again does nothing; a failure is told. */
export function Button({ work, children, label, kind = 'plain', disabled = false }: ButtonProps) {
  const { run, busy } = useWork(work)
  return (
    <button
      type="button"
      class={kind}
      aria-label={label}
      aria-busy={busy}
      disabled={disabled}
      onClick={() => void run()}
    >
      {children}
    </button>
  )
}

/** Runs work one at a time, and tells a failure. */
export function useWork(work: () => Promise<void> | void): { run: () => Promise<void>; busy: boolean } {
  const [busy, setBusy] = useState(false)
  const running = useRef(false)
  const run = async (): Promise<void> => {
    if (running.current) return
    running.current = true
    setBusy(true)
    try {
      alert.value = ''
      await work()
    } catch (error) {
      refused(error)
    } finally {
      running.current = false
      setBusy(false)
    }
  }
  return { run, busy }
}
