import * as A from '@automerge/automerge'
import { cbor } from '@automerge/automerge-repo'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readFrame } from '../../src/relay/gate/frames.js'

const SENDER = 'term_00000000000000000000'
const [, HELLO] = A.generateSyncMessage(A.init(), A.initSyncState())
const JOIN = { type: 'join', senderId: SENDER, peerMetadata: {}, supportedProtocolVersions: ['1'] }
const SYNC = { type: 'sync', senderId: SENDER, targetId: 'relay', documentId: 'abc', data: HELLO }

const read = (message: unknown) => readFrame(cbor.encode(message), 'relay')

describe('frames', () => {
  test.each([
    JOIN,
    { ...JOIN, supportedProtocolVersions: undefined },
    { ...JOIN, supportedProtocolVersions: ['2', '1'] },
    SYNC,
    { ...SYNC, type: 'request' },
    { ...SYNC, type: 'doc-unavailable', data: undefined },
  ])('what automerge-repo sends is read: %#', (message) => {
    expect(read(message)).toMatchObject({ senderId: SENDER, frame: { type: message.type } })
  })

  test.each([
    ['a join in another protocol', { ...JOIN, supportedProtocolVersions: ['2'] }],
    ['a join whose versions are a number', { ...JOIN, supportedProtocolVersions: 1 }],
    ['a join whose versions are null', { ...JOIN, supportedProtocolVersions: null }],
    ['a type nobody knows', { ...SYNC, type: 'constructor' }],
    ['no type', { ...SYNC, type: undefined }],
    ['a document id that is a number', { ...SYNC, documentId: 1 }],
    ['an empty document id', { ...SYNC, documentId: '' }],
    ['no document id', { ...SYNC, documentId: undefined }],
    ['no data', { ...SYNC, data: undefined }],
    ['data that is text', { ...SYNC, data: 'text' }],
    ['data that is no sync message', { ...SYNC, data: new Uint8Array([1, 2, 3]) }],
    ['no bytes at all', { ...SYNC, data: new Uint8Array() }],
    // Nobody here speaks by these, and automerge-repo would pass them on to other terminals.
    ['an ephemeral message', { ...SYNC, type: 'ephemeral', count: 1, sessionId: 'x' }],
    ['a subscription', { type: 'remote-subscription-change', senderId: SENDER, add: [] }],
  ])('R1 %s is malformed, and its sender is known', (_what, message) => {
    expect(read(message)).toEqual({ senderId: SENDER, frame: undefined })
  })

  test.each([
    ['a number', 1],
    ['null', null],
    ['a list', [SENDER]],
    ['no sender', { ...JOIN, senderId: undefined }],
    ['a sender that is a list', { ...JOIN, senderId: [SENDER] }],
    ['a sender that is an object', { ...JOIN, senderId: { toString: 1 } }],
  ])('R1 %s names no sender', (_what, message) => {
    expect(read(message)).toBeUndefined()
  })

  test('R1 no bytes throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const { frame } = readFrame(bytes, 'relay') ?? {}
        expect(frame).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  test('R1 no damage to a frame throws, and none that is left has members of another kind', () => {
    const bytes = cbor.encode(SYNC)
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(damage, (flips) => {
        const damaged = new Uint8Array(bytes)
        for (const [at, mask] of flips) damaged[at] = (damaged[at] ?? 0) ^ mask
        const frame = { documentId: 'x', data: HELLO, ...readFrame(damaged, 'relay')?.frame }
        expect(frame.documentId).toBeTypeOf('string')
        expect(() => A.decodeSyncMessage(frame.data as Uint8Array)).not.toThrow()
      }),
      { numRuns: 1000 },
    )
  })
})
