import { useEffect, useState } from 'preact/hooks'
import { messageOf } from './action.js'

export interface Answer<T> {
  /** The last one that came; undefined before the first. */
  readonly value: T | undefined
  /** Why the last request was refused; empty where it was not. */
  readonly error: string
  /** Asks again. */
  readonly again: () => void
}

/** Asks when a component appears and whenever what the question depends on changes; an answer overtaken is dropped. */
export function useAnswer<T>(ask: () => Promise<T>, dependsOn: readonly unknown[]): Answer<T> {
  const [value, setValue] = useState<T>()
  const [error, setError] = useState('')
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    let stale = false
    const learn = async (): Promise<void> => {
      try {
        const told = await ask()
        if (stale) return
        setValue(() => told)
        setError('')
      } catch (problem) {
        if (!stale) setError(messageOf(problem))
      }
    }
    void learn()
    return () => {
      stale = true
    }
  }, [...dependsOn, turn])
  return { value, error, again: () => setTurn((before) => before + 1) }
}
