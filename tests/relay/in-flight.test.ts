import { describe, expect, test } from 'vitest'
import { InFlight } from '../../src/relay/in-flight.js'

const LONG = 60_000

describe('work in flight', () => {
  test('D3 is waited for, whether it ends well or not', async () => {
    const inFlight = new InFlight()
    await inFlight.settled(LONG)
    let endFirst: () => void = () => undefined
    let failSecond: (error: Error) => void = () => undefined
    const first = new Promise<void>((resolve) => (endFirst = resolve))
    inFlight.track(first)
    inFlight.track(new Promise<void>((_resolve, reject) => (failSecond = reject)))
    let isSettled = false
    const settled = inFlight.settled(LONG).then(() => (isSettled = true))
    endFirst()
    await first
    expect(isSettled).toBe(false)
    failSecond(new Error('cut off'))
    await settled
    await inFlight.settled(LONG)
  })

  test('is not waited for without end', async () => {
    const inFlight = new InFlight()
    inFlight.track(new Promise(() => undefined))
    await expect(inFlight.settled(1)).resolves.toBeUndefined()
  })
})
