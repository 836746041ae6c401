import * as A from '@automerge/automerge'
import { cbor } from '@automerge/automerge-repo'

/** automerge-repo's protocol, of which the relay speaks version 1 only. */
const SOCKET_PROTOCOL = '1'

/** What a terminal may send: those messages of automerge-repo that a relay has an answer to. */
export type Frame =
  | { readonly type: 'join'; readonly senderId: string }
  | {
      readonly type: 'sync' | 'request'
      readonly senderId: string
      readonly documentId: string
      readonly data: Uint8Array
    }
  | { readonly type: 'doc-unavailable'; readonly senderId: string; readonly documentId: string }

/** A frame that is not malformed as far as its sender; whether the rest of it is, `frame` tells. */
export interface Envelope {
  readonly senderId: string
  /** undefined for a malformed one. */
  readonly frame: Frame | undefined
}

/**
 * Reads a frame of a socket. automerge-repo believes what it gets, and throws on what it cannot use, so everything it
 * relies on is looked at here.
 * @returns undefined for what does not even name its sender
 */
export function readFrame(bytes: Uint8Array): Envelope | undefined {
  let message: unknown
  try {
    message = cbor.decode(bytes)
  } catch {
    return undefined
  }
  if (typeof message !== 'object' || message === null || !('senderId' in message)) return undefined
  const { senderId } = message
  if (typeof senderId !== 'string') return undefined
  return { senderId, frame: isFrame(message) ? message : undefined }
}

function isFrame(message: object): message is Frame {
  if (!('type' in message)) return false
  switch (message.type) {
    case 'join':
      return speaksOurs(message)
    case 'sync':
    case 'request':
      return namesDocument(message) && 'data' in message && isSyncMessage(message.data)
    case 'doc-unavailable':
      return namesDocument(message)
    default:
      return false
  }
}

function speaksOurs(message: object): boolean {
  if (!('supportedProtocolVersions' in message) || message.supportedProtocolVersions === undefined)
    return true
  const versions = message.supportedProtocolVersions
  return Array.isArray(versions) && versions.includes(SOCKET_PROTOCOL)
}

function namesDocument(message: object): boolean {
  return 'documentId' in message && typeof message.documentId === 'string' && message.documentId !== ''
}

function isSyncMessage(data: unknown): boolean {
  if (!(data instanceof Uint8Array)) return false
  try {
    A.decodeSyncMessage(data)
    return true
  } catch {
    return false
  }
}
