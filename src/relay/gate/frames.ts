import { cbor } from '@automerge/automerge-repo'
import { Malformed } from '../../docs/byte-reader.js'
import { checkCborShape } from './cbor-shape.js'
import { partsOf, type SyncMessageParts } from './sync-message.js'

/** automerge-repo's protocol, of which the relay speaks version 1 only. */
const SOCKET_PROTOCOL = '1'
/** Document ids have some 30 characters; what is longer is none, and need not be repeated in an answer. */
const ID_LENGTH = 100

/** What a terminal may send: those messages of automerge-repo that a relay has an answer to. */
export type Frame =
  | { readonly type: 'join' }
  | {
      readonly type: 'sync' | 'request'
      readonly documentId: string
      readonly data: Uint8Array
      readonly parts: SyncMessageParts
    }
  | { readonly type: 'doc-unavailable'; readonly documentId: string }

/** A frame that is not malformed as far as its sender; whether the rest of it is, `frame` tells. */
export interface Envelope {
  readonly senderId: string
  /** undefined for a malformed one. */
  readonly frame: Frame | undefined
}

/**
 * Reads a frame of a socket. automerge-repo believes what it gets, and throws on what it cannot use, so everything it
 * relies on is looked at here, and only that is passed on.
 * @param relay the relay's own peer id: a frame to another is malformed
 * @returns undefined for what does not even name its sender
 */
export function readFrame(bytes: Uint8Array, relay: string): Envelope | undefined {
  let message: unknown
  try {
    checkCborShape(bytes)
    message = cbor.decode(bytes)
  } catch {
    return undefined
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return undefined
  const senderId = own(message, 'senderId')
  if (typeof senderId !== 'string') return undefined
  return { senderId, frame: frameIn(message, relay) }
}

/** A member the frame itself has: `type` must not come from a prototype that the frame names. */
function own(message: object, member: string): unknown {
  return Object.hasOwn(message, member) ? message[member as keyof typeof message] : undefined
}

function frameIn(message: object, relay: string): Frame | undefined {
  const target = own(message, 'targetId')
  if (target !== undefined && target !== relay) return undefined
  const type = own(message, 'type')
  if (type === 'join') return speaksOurs(message) ? { type } : undefined
  const documentId = own(message, 'documentId')
  if (typeof documentId !== 'string' || documentId === '' || documentId.length > ID_LENGTH) return undefined
  if (type === 'doc-unavailable') return { type, documentId }
  const data = own(message, 'data')
  if ((type !== 'sync' && type !== 'request') || !(data instanceof Uint8Array)) return undefined
  try {
    return { type, documentId, data, parts: partsOf(data) }
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
}

function speaksOurs(message: object): boolean {
  const versions = own(message, 'supportedProtocolVersions')
  if (versions === undefined) return true
  return Array.isArray(versions) && versions.includes(SOCKET_PROTOCOL)
}
