import { afterEach, describe, expect, test } from 'vitest'
import { BookReaders } from '../../../src/relay/gate/book-readers.js'
import { sampleBook } from '../../../src/relay/gate/book-sample.js'
import { answer } from '../../../src/relay/gate/book-task.js'

let readers: BookReaders | undefined
afterEach(() => readers?.close())

describe('the sample that readers are made ready with', () => {
  test('is a book as a terminal brings it, all of which is read', () => {
    expect(answer(sampleBook(100))).toMatchObject({
      is: 'run',
      run: { first: 1, last: 100, closed: false, totals: { invoices: 100, currency: 'INR' } },
    })
  })

  test('would not be, with a byte of it altered', () => {
    const sample = sampleBook(3)
    const middle = sample.changes.length >> 1
    sample.changes[middle] = (sample.changes[middle] ?? 0) ^ 1
    expect(answer(sample)).toEqual({ is: 'unusual' })
  })
})

test('a reader that is being made ready answers meanwhile', async () => {
  readers = new BookReaders()
  readers.makeReady()
  const answers = await Promise.all([readers.read(sampleBook(2)), readers.read(sampleBook(5))])
  expect(answers.map((one) => one.is === 'run' && one.run.last)).toEqual([2, 5])
})
