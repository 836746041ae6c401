import v8 from 'node:v8'
import vm from 'node:vm'
import { describe, expect, test } from 'vitest'
import { isOver, within } from '../../src/protocol/within.js'

/** Resolves when the signal ends; nothing else is kept of it. */
function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
}

function collectGarbage(): void {
  v8.setFlagsFromString('--expose-gc')
  ;(vm.runInNewContext('gc') as () => void)()
}

describe('within', () => {
  test('time ends it, also when garbage is collected meanwhile', async () => {
    const forever = new AbortController()
    const outcome = within(50, [forever.signal], async (signal) => {
      const end = ended(signal)
      setImmediate(collectGarbage)
      await end
      return isOver(signal)
    })
    expect(await outcome).toBe(true)
  })

  test('a signal ends it, with its reason; one that had ended before ends it at once', async () => {
    const stop = new AbortController()
    const reason = new Error('the shop is closed')
    const outcome = within(undefined, [stop.signal], async (signal) => {
      await ended(signal)
      return signal.reason as unknown
    })
    stop.abort(reason)
    expect(await outcome).toBe(reason)
    expect(await within(60_000, [stop.signal], async (signal) => signal.aborted)).toBe(true)
  })

  test('what it was asked for comes through, and its timer and listeners are gone after', async () => {
    const stop = new AbortController()
    let inner: AbortSignal | undefined
    const work = async (signal: AbortSignal): Promise<string> => {
      inner = signal
      return 'done'
    }
    expect(await within(20, [stop.signal], work)).toBe('done')
    await expect(within(20, [stop.signal], () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    stop.abort()
    expect(inner?.aborted).toBe(false)
  })
})
