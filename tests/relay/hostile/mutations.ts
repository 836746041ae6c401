import * as A from '@automerge/automerge'
import { cbor } from '@automerge/automerge-repo'
import { bytes, chunk, compressed, sync } from './bytes.js'

export interface Material {
  readonly self: string
  readonly other: string
  readonly relay: string
  /** Ids of documents the sender may write. */
  readonly documents: readonly string[]
  /** Changes that would be taken as they are. */
  readonly changes: readonly Uint8Array[]
}

type Random = () => number
const ODD = [
  null,
  true,
  0,
  -1,
  1.5,
  '',
  '__proto__',
  'x'.repeat(200),
  [],
  {},
  [[[]]],
  new Uint8Array(3),
  2 ** 53,
]
const HEADS = [0x1f, 0x3b, 0x5a, 0x5f, 0x7b, 0x7f, 0x9a, 0x9b, 0xba, 0xbb, 0xbf, 0xc1, 0xd9, 0xf7, 0xfb, 0xff]

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T
}

/** Damages bytes in one of the ways lines, disks and attackers do. */
function damaged(random: Random, whole: Uint8Array): Uint8Array {
  const at = Math.floor(random() * whole.length)
  const length = Math.floor(random() * Math.min(64, whole.length - at))
  switch (Math.floor(random() * 6)) {
    case 0: {
      const copy = new Uint8Array(whole)
      for (let flips = Math.ceil(random() * 4); flips > 0; flips -= 1) {
        const place = Math.floor(random() * copy.length)
        copy[place] = (copy[place] ?? 0) ^ (1 << Math.floor(random() * 8))
      }
      return copy
    }
    case 1:
      return whole.subarray(0, at)
    case 2:
      return bytes(whole.subarray(0, at), whole.subarray(at + length))
    case 3:
      return bytes(whole.subarray(0, at + length), whole.subarray(at))
    case 4:
      return bytes(whole.subarray(0, at), pick(random, HEADS), whole.subarray(at + 1))
    default: {
      const noise = Uint8Array.from({ length: Math.ceil(random() * 12) }, () => Math.floor(random() * 256))
      return bytes(whole.subarray(0, at), noise, whole.subarray(at))
    }
  }
}

/** A change whose inside is damaged and whose checksum is right again: what gets as far as Automerge. */
function damagedChange(random: Random, change: Uint8Array): Uint8Array {
  // Magic, checksum, type and a length of one or two bytes come before the data.
  const inside = damaged(random, change.subarray(change[9] !== undefined && change[9] >= 0x80 ? 11 : 10))
  return random() < 0.5 ? chunk(1, inside) : compressed(inside)
}

/** One hostile frame, determined by the random numbers. */
export function mutation(random: Random, material: Material): Uint8Array | string {
  const { self, other, relay, documents, changes } = material
  const change = pick(random, changes)
  const [, hello] = A.generateSyncMessage(A.init(), A.initSyncState()) as [A.SyncState, Uint8Array]
  const base = {
    type: pick(random, ['sync', 'sync', 'request', 'join', 'doc-unavailable']),
    senderId: self,
    targetId: relay,
    documentId: pick(random, documents),
  }
  const wrap = (data: Uint8Array): Uint8Array => cbor.encode({ ...base, type: 'sync', data }) as Uint8Array
  switch (Math.floor(random() * 6)) {
    case 0:
      return damaged(random, wrap(sync(change)))
    case 1:
      return wrap(damaged(random, sync(change)))
    case 2:
      return wrap(sync(damagedChange(random, change)))
    case 3:
      return wrap(damaged(random, hello))
    case 4: {
      const member = pick(random, [
        'type',
        'senderId',
        'targetId',
        'documentId',
        'data',
        'supportedProtocolVersions',
      ])
      return cbor.encode({
        ...base,
        data: sync(change),
        [member]: pick(random, [...ODD, other]),
      }) as Uint8Array
    }
    default:
      return random() < 0.1
        ? String(random())
        : damaged(random, cbor.encode({ ...base, data: hello }) as Uint8Array)
  }
}
