import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { progressOn } from '../../src/cli/progress.js'

/** As much of stderr as progress uses. */
function fakeStream({ isTTY, columns }: { isTTY: boolean; columns?: number }) {
  const written: string[] = []
  const stream = { isTTY, columns, write: (text: string) => written.push(text) }
  return { written, progress: progressOn(stream as unknown as NodeJS.WriteStream) }
}

describe('progress in a terminal', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'], now: 1_000 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('is one line, drawn anew each time, full at the end', () => {
    const { written, progress } = fakeStream({ isTTY: true, columns: 80 })
    for (const done of [0, 5, 10]) {
      vi.advanceTimersByTime(100)
      progress.update('sealed', done, 10)
    }
    progress.end()
    expect(written).toEqual([
      `\r\u001B[2Ksealed [${'.'.repeat(30)}] 0/10`,
      `\r\u001B[2Ksealed [${'#'.repeat(15)}${'.'.repeat(15)}] 5/10`,
      `\r\u001B[2Ksealed [${'#'.repeat(30)}] 10/10`,
      '\n',
    ])
  })

  test('is drawn ten times a second at most, and always when all is done', () => {
    const { written, progress } = fakeStream({ isTTY: true, columns: 80 })
    for (let done = 1; done <= 1_000; done += 1) {
      progress.update('sealed', done, 1_000)
      vi.advanceTimersByTime(1)
    }
    expect(written.length).toBeLessThanOrEqual(11)
    expect(written.at(-1)).toMatch(/1000\/1000$/)
  })

  test('never wraps in a narrow window, and takes a total of nothing', () => {
    const { written, progress } = fakeStream({ isTTY: true, columns: 20 })
    progress.update('receiving documents', 0, 0)
    expect(written.join('').replace('\r\u001B[2K', '')).toHaveLength(19)
  })

  test('leaves no empty line where nothing was drawn, and ends its line once', () => {
    const { written, progress } = fakeStream({ isTTY: true })
    progress.end()
    expect(written).toEqual([])
    progress.update('sealed', 1, 1)
    progress.end()
    progress.end()
    expect(written.filter((text) => text === '\n')).toHaveLength(1)
  })
})

describe('progress in a pipe', () => {
  test('is a plain line for each tenth, so that a log stays readable', () => {
    const { written, progress } = fakeStream({ isTTY: false })
    for (let done = 0; done <= 5_000; done += 1) progress.update('sealed', done, 5_000)
    progress.end()
    expect(written).toEqual(Array.from({ length: 11 }, (_, tenth) => `sealed: ${tenth * 500} of 5000\n`))
  })

  test('tells of each kind of work, also of one that comes back', () => {
    const { written, progress } = fakeStream({ isTTY: false })
    progress.update('sending', 1, 1)
    progress.update('sending', 1, 1)
    progress.update('receiving', 0, 0)
    progress.end()
    progress.update('receiving', 0, 0)
    expect(written).toEqual(['sending: 1 of 1\n', 'receiving: 0 of 0\n', 'receiving: 0 of 0\n'])
  })
})
