import * as A from '@automerge/automerge'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { headsOfSnapshot, splitChanges } from '../../src/storage/change-chunks.js'

function changesOf(doc: A.Doc<unknown>): { hash: string; deps: string[] }[] {
  return A.getAllChanges(doc).map((change) => {
    const { hash, deps } = A.decodeChange(change)
    return { hash: hash ?? '', deps }
  })
}

function sampleDocument(): A.Doc<{ [key: string]: string }> {
  let doc = A.from<{ [key: string]: string }>({ a: 'x'.repeat(5000) })
  let other = A.clone(doc)
  for (let index = 0; index < 3; index++) {
    doc = A.change(doc, (draft) => void (draft[`a${index}`] = 'left'))
    other = A.change(other, (draft) => void (draft[`b${index}`] = 'right '.repeat(100)))
  }
  return A.merge(doc, other)
}

it('splits what saveSince gave into the changes Automerge sees', () => {
  const doc = sampleDocument()
  const chunks = splitChanges(A.saveSince(doc, []))
  expect(chunks?.map(({ hash, deps }) => ({ hash, deps: [...deps] }))).toEqual(changesOf(doc))
})

it('reads the heads of a snapshot as Automerge does', () => {
  const doc = sampleDocument()
  expect(A.getHeads(doc)).toHaveLength(2)
  expect(headsOfSnapshot(A.save(doc))?.toSorted()).toEqual(A.getHeads(doc).toSorted())
  expect(headsOfSnapshot(A.save(A.init()))).toEqual([])
})

it('R1 does not take anything else for changes', () => {
  const doc = sampleDocument()
  const blob = A.saveSince(doc, [])
  expect(splitChanges(A.save(doc))).toBeUndefined()
  expect(splitChanges(new Uint8Array())).toBeUndefined()
  expect(splitChanges(blob.subarray(0, -1))).toBeUndefined()
  expect(splitChanges(Buffer.concat([blob, Buffer.of(0)]))).toBeUndefined()
  expect(headsOfSnapshot(blob)).toBeUndefined()
})

it('R1 any bytes are split or refused, never thrown at', () => {
  const magic = fc.constant(Uint8Array.of(0x85, 0x6f, 0x4a, 0x83))
  const like = fc
    .tuple(magic, fc.uint8Array({ maxLength: 60 }))
    .map((parts) => new Uint8Array(Buffer.concat(parts)))
  const check = (): void =>
    fc.assert(
      fc.property(fc.oneof(like, fc.uint8Array()), (bytes) => {
        splitChanges(bytes)
        headsOfSnapshot(bytes)
      }),
    )
  expect(check).not.toThrow()
})
