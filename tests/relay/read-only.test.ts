import * as A from '@automerge/automerge'
import { describe, expect, test } from 'vitest'
import { withoutUnknownHeads } from '../../src/relay/gate/read-only.js'
import { partsOf } from '../../src/relay/gate/sync-message.js'

type Counts = Readonly<Record<string, number>>

function counted(doc: A.Doc<Counts>, key: string, value: number): A.Doc<Counts> {
  return A.change(doc, (draft) => Object.assign(draft, { [key]: value }))
}

/** The two talk until neither has anything to say; the relay hears the reader through the filter. */
function talk(readerBefore: A.Doc<Counts>, relayBefore: A.Doc<Counts>, theirs = A.initSyncState()) {
  let reader = A.clone(readerBefore)
  let relay = A.clone(relayBefore)
  let ours = A.initSyncState()
  let refused = 0
  for (let round = 0; round < 20; round += 1) {
    let said = false
    const [next, message] = A.generateSyncMessage(reader, theirs)
    theirs = next
    if (message) {
      said = true
      const { changes, withoutChanges } = partsOf(message)
      refused += changes.length
      ;[relay, ours] = A.receiveSyncMessage(relay, ours, withoutUnknownHeads(withoutChanges, relay))
    }
    const [answered, answer] = A.generateSyncMessage(relay, ours)
    ours = answered
    if (answer) {
      said = true
      ;[reader, theirs] = A.receiveSyncMessage(reader, theirs, answer)
    }
    if (!said) return { reader, relay, theirs, refused }
  }
  throw new Error('they talk without end')
}

describe('a document that its reader may not write', () => {
  test('A2 S5 a reader that followed a relay now restored gets all that this one has, and brings it nothing', () => {
    const backup = counted(A.init<Counts>(), 'tea', 1)
    const lost = counted(counted(A.clone(backup), 'tea', 2), 'tea', 3)
    const restored = counted(counted(A.clone(backup), 'tea', 5), 'soap', 1)
    const before = A.getHeads(restored)
    const { reader: follower, theirs } = talk(A.init<Counts>(), lost)
    const remembered = A.decodeSyncState(A.encodeSyncState(theirs))
    const { reader, relay } = talk(follower, restored, remembered)
    expect(A.hasHeads(reader, before)).toBe(true)
    expect(A.getHeads(relay)).toEqual(before)
  })

  test('A2 what a reader wrote is left out, however often it offers it', () => {
    const relay = counted(A.init<Counts>(), 'tea', 1)
    const { reader } = talk(A.init<Counts>(), relay)
    const changed = counted(reader, 'tea', 100)
    const before = A.getHeads(relay)
    const { relay: after, refused } = talk(changed, relay)
    expect(A.getHeads(after)).toEqual(before)
    expect(refused).toBeGreaterThan(0)
  })
})
