import * as A from '@automerge/automerge'
import { describe, expect, test } from 'vitest'
import { noteText } from '../../src/docs/change-note.js'
import { put, type FlatDoc, type Scalar } from '../../src/docs/flat.js'
import { historyOf } from '../../src/docs/history.js'

function write(doc: A.Doc<FlatDoc>, by: string, key: string, value: Scalar | undefined): A.Doc<FlatDoc> {
  const message = noteText({ terminal: 'T01', by, did: 'test' })
  return A.change(doc, { message, time: 1_700_000_000 }, (draft) => {
    if (value === undefined) delete draft[key]
    else put(draft, doc, key, value)
  })
}

function told(doc: A.Doc<FlatDoc>, key = 'k'): string[] {
  return [...historyOf(doc, (candidate) => candidate === key)].map(({ note, edits }) =>
    edits.map((edit) => `${note.by}: ${edit.old.toSorted().join('|')} -> ${edit.new ?? 'gone'}`).join(),
  )
}

describe('history', () => {
  test('H1 who, when, what, old and new value of every change', () => {
    let doc = write(A.init<FlatDoc>(), 'Asha', 'k', 'one')
    doc = write(doc, 'Ravi', 'k', 'two')
    doc = write(doc, 'Asha', 'other', 1)
    doc = write(doc, 'Asha', 'k', undefined)
    expect(told(doc)).toEqual(['Asha:  -> one', 'Ravi: one -> two', 'Asha: two -> gone'])
    expect([...historyOf(doc)][0]).toMatchObject({
      at: '2023-11-14T22:13:20Z',
      note: { terminal: 'T01', by: 'Asha', did: 'test' },
    })
  })

  test('H1 concurrent edits each show what their author saw, and the settling names both', () => {
    const base = write(A.init<FlatDoc>(), 'Asha', 'k', 'one')
    const left = write(A.clone(base), 'Asha', 'k', 'two')
    const right = write(A.clone(base), 'Ravi', 'k', 'three')
    const merged = A.merge(left, right)
    const shown = (A.isImmutableString(merged['k']) && merged['k'].val) || ''
    for (const choice of [shown, 'four']) {
      const lines = told(write(A.clone(merged), 'Mira', 'k', choice))
      expect(lines[0]).toBe('Asha:  -> one')
      expect(lines.slice(1, 3).sort()).toEqual(['Asha: one -> two', 'Ravi: one -> three'])
      expect(lines[3]).toBe(`Mira: three|two -> ${choice}`)
    }
  })

  test('H1 a removal does not take over what somebody else wrote at the same time', () => {
    const base = write(A.init<FlatDoc>(), 'Asha', 'k', 'one')
    const left = write(A.clone(base), 'Asha', 'k', undefined)
    const right = write(A.clone(base), 'Ravi', 'k', 'two')
    expect(told(A.merge(left, right)).slice(1).sort()).toEqual(['Asha: one -> gone', 'Ravi: one -> two'])
    expect(told(A.merge(right, left)).slice(1).sort()).toEqual(['Asha: one -> gone', 'Ravi: one -> two'])
  })

  test('R1 a message that is none of ours is shown as it stands', () => {
    const doc = A.change(A.init<FlatDoc>(), 'typed by hand', (draft) => {
      draft['k'] = 1
    })
    expect([...historyOf(doc)][0]?.note).toEqual({ terminal: '', by: '', did: 'typed by hand' })
  })
})
