import { useEffect, useState } from 'preact/hooks'
import { ask } from '../../../pages/ask.js'
import { refused } from '../state/session.js'

/** Much may change at once; what a view shows is read again when it has been quiet for so long. Milliseconds. */
const QUIET_MS = 1_000

/** What the relay answers now, and again after `changes` has another value. */
export function useAnswer<T>(path: string, changes: number): T | undefined {
  const [answer, setAnswer] = useState<T>()
  useEffect(() => {
    const abort = new AbortController()
    const read = (): void => {
      ask<T>('GET', path, { signal: abort.signal }).then(setAnswer, (error: unknown) => {
        if (!abort.signal.aborted) refused(error)
      })
    }
    const timer = setTimeout(read, answer === undefined ? 0 : QUIET_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the answer itself is no reason to ask again
  }, [path, changes])
  return answer
}
