import * as A from '@automerge/automerge'
import { cbor } from '@automerge/automerge-repo'
import { CLOSE } from '../../../src/protocol/close-codes.js'
import { MILLION_ITEMS } from '../gate/bombs.js'
import { bytes, cborHead, change, chunk, inflatingChange, repeated, sleb, sync, uleb } from './bytes.js'

/** Who sends, and what it sends about. */
export interface Scene {
  readonly self: string
  readonly other: string
  readonly relay: string
  /** Of the sender's own day book. */
  readonly book: string
  /** Of the other terminal's day book. */
  readonly theirs: string
}

export interface HostileFrame {
  readonly name: string
  readonly closes: { readonly code: number }
  readonly bytes: (scene: Scene) => Uint8Array | string
  /** Sent before the socket has joined. */
  readonly unjoined?: true
}

const [, HELLO] = A.generateSyncMessage(A.init(), A.initSyncState()) as [A.SyncState, Uint8Array]
const BAD = CLOSE.badFrame

/** A sync frame of the sender about its own day book; `over` is written over it. */
const frame = (over: Record<string, unknown>) => (scene: Scene) =>
  cbor.encode({
    type: 'sync',
    senderId: scene.self,
    targetId: scene.relay,
    documentId: scene.book,
    data: HELLO,
    ...over,
  }) as Uint8Array
const data = (message: Uint8Array) => frame({ data: message })
const fixed = (made: Uint8Array | string) => () => made
const join = (over: Record<string, unknown>) => (scene: Scene) =>
  cbor.encode({
    type: 'join',
    senderId: scene.self,
    peerMetadata: {},
    supportedProtocolVersions: ['1'],
    ...over,
  }) as Uint8Array
const cut = (make: (scene: Scene) => Uint8Array, keep: (length: number) => number) => (scene: Scene) => {
  const whole = make(scene)
  return whole.subarray(0, keep(whole.length))
}
/** Members written by hand, so that a name may be anything. */
const members = (...parts: readonly (Uint8Array | string)[]) =>
  bytes(0xa0 | (parts.length / 2), ...parts.map((part) => (typeof part === 'string' ? text(part) : part)))
const text = (value: string) => bytes(cborHead(3, Buffer.byteLength(value), 1), value)

const cborFrames: readonly HostileFrame[] = [
  { name: 'nothing', closes: BAD, bytes: fixed(new Uint8Array()) },
  { name: 'one byte', closes: BAD, bytes: fixed(bytes(0xff)) },
  { name: 'random bytes', closes: BAD, bytes: fixed(repeated(0x9e, 300)) },
  { name: 'a number', closes: BAD, bytes: fixed(bytes(0x01)) },
  { name: 'null', closes: BAD, bytes: fixed(bytes(0xf6)) },
  { name: 'not a number', closes: BAD, bytes: fixed(bytes(0xf9, 0x7e, 0x00)) },
  { name: 'a list', closes: BAD, bytes: fixed(bytes(0x81, 0x01)) },
  { name: 'an empty map', closes: BAD, bytes: fixed(bytes(0xa0)) },
  { name: 'a frame without its last byte', closes: BAD, bytes: cut(frame({}), (length) => length - 1) },
  { name: 'half a frame', closes: BAD, bytes: cut(frame({}), (length) => length >> 1) },
  { name: 'the first byte of a frame', closes: BAD, bytes: cut(frame({}), () => 1) },
  { name: 'a frame and a byte', closes: BAD, bytes: (scene) => bytes(frame({})(scene), 0) },
  { name: 'two frames in one', closes: BAD, bytes: (scene) => bytes(frame({})(scene), frame({})(scene)) },
  { name: 'lists nested 100,000 deep', closes: BAD, bytes: fixed(repeated(0x81, 100_000)) },
  { name: 'maps nested 100,000 deep', closes: BAD, bytes: fixed(repeated(0xa1, 100_000)) },
  { name: 'tags nested 100,000 deep', closes: BAD, bytes: fixed(repeated(0xc1, 100_000)) },
  { name: 'bytes of 4 GiB', closes: BAD, bytes: fixed(cborHead(2, 0xffff_ffff, 4)) },
  { name: 'text of 2^63 bytes', closes: BAD, bytes: fixed(cborHead(3, 2n ** 63n, 8)) },
  { name: 'a list of 30,000,000', closes: BAD, bytes: fixed(cborHead(4, 30_000_000, 4)) },
  {
    name: 'lists of 30,000,000 in each other',
    closes: BAD,
    bytes: fixed(bytes(...Array.from({ length: 20 }, () => cborHead(4, 30_000_000, 4)))),
  },
  { name: 'a list of 2^64 - 1', closes: BAD, bytes: fixed(cborHead(4, 2n ** 64n - 1n, 8)) },
  { name: 'a map of 2^32 - 1', closes: BAD, bytes: fixed(cborHead(5, 0xffff_ffff, 4)) },
  { name: 'bytes without a length', closes: BAD, bytes: fixed(bytes(0x5f, 0x41, 0x00, 0xff)) },
  { name: 'a list without a length', closes: BAD, bytes: fixed(bytes(0x9f, repeated(0x01, 1_000))) },
  { name: 'a map without a length', closes: BAD, bytes: fixed(bytes(0xbf, 0xff)) },
  { name: 'a large number by tag', closes: BAD, bytes: fixed(bytes(0xc2, 0x41, 0x01)) },
  {
    name: 'a record of the encoder',
    closes: BAD,
    bytes: fixed(bytes(0xd9, 0xdf, 0xff, 0x83, 0x01, 0x80, 0x80)),
  },
  { name: 'a list of 65 items', closes: BAD, bytes: fixed(bytes(cborHead(4, 65, 1), repeated(0x01, 65))) },
  { name: 'a member named by a number', closes: BAD, bytes: fixed(bytes(0xa1, 0x01, 0x01)) },
  { name: 'a member named by a map', closes: BAD, bytes: fixed(bytes(0xa1, 0xa0, 0x01)) },
]

const senders: readonly HostileFrame[] = [
  { name: 'no sender', closes: BAD, bytes: frame({ senderId: undefined }) },
  { name: 'a sender that is a number', closes: BAD, bytes: frame({ senderId: 1 }) },
  {
    name: 'a sender that is a list',
    closes: BAD,
    bytes: (scene) => frame({ senderId: [scene.self] })(scene),
  },
  { name: 'a sender that is a map', closes: BAD, bytes: frame({ senderId: { toString: 1 } }) },
  { name: 'a sender that is bytes', closes: BAD, bytes: frame({ senderId: new Uint8Array([1]) }) },
  { name: 'an empty sender', closes: CLOSE.wrongSender, bytes: frame({ senderId: '' }) },
  { name: 'the sender __proto__', closes: CLOSE.wrongSender, bytes: frame({ senderId: '__proto__' }) },
  { name: 'the sender constructor', closes: CLOSE.wrongSender, bytes: frame({ senderId: 'constructor' }) },
  {
    name: 'another sender',
    closes: CLOSE.wrongSender,
    bytes: (scene) => frame({ senderId: scene.other })(scene),
  },
  {
    name: 'the relay as sender',
    closes: CLOSE.wrongSender,
    bytes: (scene) => frame({ senderId: scene.relay })(scene),
  },
  {
    name: 'a prototype that brings the sender',
    closes: BAD,
    bytes: ({ self }) => members('__proto__', members('senderId', text(self), 'type', text('join'))),
  },
  {
    name: 'a prototype that brings the type',
    closes: BAD,
    bytes: ({ self }) => members('senderId', text(self), '__proto__', members('type', text('join'))),
  },
]

const shapes: readonly HostileFrame[] = [
  { name: 'no type', closes: BAD, bytes: frame({ type: undefined }) },
  { name: 'a type that is a number', closes: BAD, bytes: frame({ type: 5 }) },
  { name: 'the type constructor', closes: BAD, bytes: frame({ type: 'constructor' }) },
  { name: 'a leave', closes: BAD, bytes: frame({ type: 'leave' }) },
  { name: 'a peer', closes: BAD, bytes: frame({ type: 'peer', selectedProtocolVersion: '1' }) },
  { name: 'an error', closes: BAD, bytes: frame({ type: 'error', message: 'x' }) },
  {
    name: 'an ephemeral message',
    closes: BAD,
    bytes: frame({ type: 'ephemeral', count: 1, sessionId: 'x' }),
  },
  { name: 'a subscription', closes: BAD, bytes: frame({ type: 'remote-subscription-change', add: ['x'] }) },
  { name: 'remote heads', closes: BAD, bytes: frame({ type: 'remote-heads-changed', newHeads: {} }) },
  { name: 'a document id that is a number', closes: BAD, bytes: frame({ documentId: 1 }) },
  { name: 'a document id that is a list', closes: BAD, bytes: frame({ documentId: ['x'] }) },
  { name: 'an empty document id', closes: BAD, bytes: frame({ documentId: '' }) },
  { name: 'a document id of 10,000 letters', closes: BAD, bytes: frame({ documentId: 'x'.repeat(10_000) }) },
  { name: 'no document id', closes: BAD, bytes: frame({ documentId: undefined }) },
  { name: 'another target', closes: BAD, bytes: (scene) => frame({ targetId: scene.other })(scene) },
  { name: 'a target that is a number', closes: BAD, bytes: frame({ targetId: 7 }) },
  { name: 'no data', closes: BAD, bytes: frame({ data: undefined }) },
  { name: 'data that is text', closes: BAD, bytes: frame({ data: 'text' }) },
  { name: 'data that is a list', closes: BAD, bytes: frame({ data: [1, 2, 3] }) },
]

const messages: readonly HostileFrame[] = [
  { name: 'an empty message', closes: BAD, bytes: data(new Uint8Array()) },
  { name: 'a message of a wrong version', closes: BAD, bytes: data(bytes(0x44, HELLO.subarray(1))) },
  { name: 'a message without its end', closes: BAD, bytes: data(HELLO.subarray(0, 4)) },
  { name: 'a message and more', closes: BAD, bytes: data(bytes(HELLO, repeated(0, 100))) },
  { name: '2^50 heads', closes: BAD, bytes: data(bytes(0x43, uleb(2 ** 50))) },
  { name: 'heads without end', closes: BAD, bytes: data(bytes(0x43, repeated(0xff, 40))) },
  {
    name: '1,000,000 wanted hashes',
    closes: BAD,
    bytes: data(bytes(0x43, 0, uleb(1_000_000), repeated(1, 64))),
  },
  {
    name: '20,000 heads that are there',
    closes: BAD,
    bytes: data(bytes(0x43, uleb(20_000), repeated(7, 640_000), 0, 0, 0)),
  },
  { name: '2^40 filters', closes: BAD, bytes: data(bytes(0x43, 0, 0, uleb(2 ** 40))) },
  {
    name: 'a filter of 4,000,000,000 probes',
    closes: BAD,
    bytes: data(bytes(0x43, 0, 0, 1, 0, 9, 1, 10, uleb(4_000_000_000), 0xff, 0xff, 0)),
  },
  {
    name: 'a filter of 2^40 entries',
    closes: BAD,
    bytes: data(bytes(0x43, 0, 0, 1, 0, 10, uleb(2 ** 40), 10, 7, 0xff, 0xff, 0)),
  },
  {
    name: 'a filter of no bits for an entry',
    closes: BAD,
    bytes: data(bytes(0x43, 0, 0, 1, 0, 3, 5, 0, 7, 0)),
  },
  { name: '2^40 changes', closes: BAD, bytes: data(bytes(0x43, 0, 0, 0, uleb(2 ** 40))) },
  { name: 'a change of 2^40 bytes', closes: BAD, bytes: data(bytes(0x43, 0, 0, 0, 1, uleb(2 ** 40))) },
]

const ACTION_COLUMN = 0x42
const INSERT_COLUMN = 0x34

const changes: readonly HostileFrame[] = [
  { name: 'an empty change', closes: BAD, bytes: data(sync(new Uint8Array())) },
  { name: 'a change that is noise', closes: BAD, bytes: data(sync(repeated(0xaa, 200))) },
  {
    name: 'a change with a flipped bit',
    closes: BAD,
    bytes: data(sync(chunk(1, change()).map((byte, index) => (index === 20 ? byte ^ 1 : byte)))),
  },
  { name: 'a change without its end', closes: BAD, bytes: data(sync(chunk(1, change()).subarray(0, 30))) },
  { name: 'a chunk of an unknown type', closes: BAD, bytes: data(sync(chunk(9, change()))) },
  {
    name: 'a chunk that claims 2^40 bytes',
    closes: BAD,
    bytes: data(sync(bytes(0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 1, uleb(2 ** 40)))),
  },
  {
    name: 'a compressed change that is noise',
    closes: BAD,
    bytes: data(sync(chunk(2, repeated(0xaa, 100)))),
  },
  {
    name: 'a compressed change that unfolds to 300 MB',
    closes: CLOSE.tooMuch,
    bytes: (scene) => data(sync(inflatingChange()))(scene),
  },
  {
    name: 'a change of 2^40 operations in ten bytes',
    closes: CLOSE.tooMuch,
    bytes: data(sync(chunk(1, change({ columns: [[ACTION_COLUMN, bytes(sleb(2 ** 40), 1)]] })))),
  },
  {
    name: 'a change of 2^40 flags in ten bytes',
    closes: CLOSE.tooMuch,
    bytes: data(sync(chunk(1, change({ columns: [[INSERT_COLUMN, uleb(2 ** 40)]] })))),
  },
  {
    name: 'a column that announces more than it has',
    closes: BAD,
    bytes: data(sync(chunk(1, change({ columns: [[ACTION_COLUMN, bytes(0x80, 0x7e, 1)]] })))),
  },
  { name: 'a change of 2^30 dependencies', closes: BAD, bytes: data(sync(chunk(1, bytes(uleb(2 ** 30))))) },
  {
    name: 'a change of 2^30 columns',
    closes: BAD,
    bytes: data(sync(chunk(1, bytes(change().subarray(0, -1), uleb(2 ** 30))))),
  },
  {
    name: 'an actor of 2^30 bytes',
    closes: BAD,
    bytes: data(sync(chunk(1, bytes(0, uleb(2 ** 30), repeated(0, 16))))),
  },
  {
    name: 'a document of a million items in 174 bytes',
    closes: CLOSE.tooMuch,
    bytes: data(sync(MILLION_ITEMS)),
  },
  { name: 'a document that is noise', closes: BAD, bytes: data(sync(chunk(0, repeated(0xaa, 300)))) },
  { name: 'a document of nothing', closes: BAD, bytes: data(sync(chunk(0, new Uint8Array()))) },
  {
    name: '30,000 empty changes',
    closes: CLOSE.tooMuch,
    bytes: data(sync(bytes(...Array.from({ length: 30_000 }, () => chunk(1, change()))))),
  },
]

const joins: readonly HostileFrame[] = [
  { name: 'a sync before the join', closes: CLOSE.notJoined, bytes: frame({}), unjoined: true },
  {
    name: 'a request before the join',
    closes: CLOSE.notJoined,
    bytes: frame({ type: 'request' }),
    unjoined: true,
  },
  {
    name: 'a doc-unavailable before the join',
    closes: CLOSE.notJoined,
    bytes: frame({ type: 'doc-unavailable' }),
    unjoined: true,
  },
  {
    name: 'a join as another',
    closes: CLOSE.wrongSender,
    bytes: (scene) => join({ senderId: scene.other })(scene),
    unjoined: true,
  },
  {
    name: 'a join as the relay',
    closes: CLOSE.wrongSender,
    bytes: (scene) => join({ senderId: scene.relay })(scene),
    unjoined: true,
  },
  {
    name: 'a join as __proto__',
    closes: CLOSE.wrongSender,
    bytes: join({ senderId: '__proto__' }),
    unjoined: true,
  },
  {
    name: 'a join in protocol 2',
    closes: BAD,
    bytes: join({ supportedProtocolVersions: ['2'] }),
    unjoined: true,
  },
  {
    name: 'a join in no protocol',
    closes: BAD,
    bytes: join({ supportedProtocolVersions: [] }),
    unjoined: true,
  },
  {
    name: 'a join in protocol 5, a number',
    closes: BAD,
    bytes: join({ supportedProtocolVersions: 5 }),
    unjoined: true,
  },
  {
    name: 'a join in protocol null',
    closes: BAD,
    bytes: join({ supportedProtocolVersions: null }),
    unjoined: true,
  },
  { name: 'a second join', closes: CLOSE.joinedTwice, bytes: join({}) },
  { name: 'text before the join', closes: CLOSE.textFrame, bytes: fixed('let me in'), unjoined: true },
  { name: 'text', closes: CLOSE.textFrame, bytes: fixed('{"type":"join"}') },
  { name: 'empty text', closes: CLOSE.textFrame, bytes: fixed('') },
]

/** Each is sent by itself over a socket of its own, which it closes with this code; nothing else may come of it. */
export const HOSTILE_FRAMES: readonly HostileFrame[] = [
  ...cborFrames,
  ...senders,
  ...shapes,
  ...messages,
  ...changes,
  ...joins,
]
