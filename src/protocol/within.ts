import { setMaxListeners } from 'node:events'

/**
 * Runs work that is told to end when one of these signals ends it or its time is over, whichever comes first.
 *
 * `AbortSignal.any` with `AbortSignal.timeout` would say the same, but Node holds the signals it combines weakly: after
 * a garbage collection the timeout never comes (nodejs/node issue 57736).
 * @param ms milliseconds; undefined for as long as it takes. When they are over, `signal.reason` is a TimeoutError
 */
export async function within<R>(
  ms: number | undefined,
  signals: readonly AbortSignal[],
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const ending = new AbortController()
  // Much may wait for it at once; Node takes more than ten listeners for a leak.
  setMaxListeners(0, ending.signal)
  const endings = signals.map((signal) => {
    const end = (): void => ending.abort(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
    return () => signal.removeEventListener('abort', end)
  })
  const over = (): void => ending.abort(new DOMException('It took too long', 'TimeoutError'))
  const timer = ms === undefined ? undefined : setTimeout(over, ms)
  try {
    return await work(ending.signal)
  } finally {
    clearTimeout(timer)
    for (const end of endings) end()
  }
}

/** Waits for what cannot be ended itself, or until a signal ends the waiting; it then rejects with the signal's reason. */
export async function unlessAborted<R>(signal: AbortSignal, waited: Promise<R>): Promise<R> {
  signal.throwIfAborted()
  let end: () => void = () => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    end = () => reject(signal.reason as Error)
    signal.addEventListener('abort', end)
  })
  try {
    return await Promise.race([waited, aborted])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** Whether time ended it, and nobody. */
export function isOver({ reason }: AbortSignal): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
}
