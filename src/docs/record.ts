import { isUtf8 } from 'node:buffer'
import { canonicalJson, digest, isCanonical } from './canonical.js'
import type {
  CreditNoteRecord,
  EventRecord,
  DayCloseRecord,
  InvoiceRecord,
  RecordBody,
} from './generated/types.js'
import { verifySignature, type Signer } from './keys.js'
import { validate } from './validate.js'

export type { CreditNoteRecord, EventRecord, DayCloseRecord, InvoiceRecord, RecordBody }
/** A record that has a number and money in it. */
export type SaleRecord = InvoiceRecord | CreditNoteRecord

/** A record as it lies in a day book. */
export interface SealedRecord {
  readonly body: RecordBody
  /** The exact bytes that were hashed and signed: canonical JSON (RFC 8785) in UTF-8. */
  readonly bytes: Uint8Array
  /** SHA-256 of `bytes`, base64url. */
  readonly hash: string
  /** Ed25519 over `bytes`, base64url. */
  readonly signature: string
}

export class MalformedRecord extends Error {
  constructor(reason: string) {
    super(`This is not a sealed record: ${reason}`)
    this.name = 'MalformedRecord'
  }
}

/** `prev` of the first record of a chain. */
export const CHAIN_START = digest('')

const NEWLINE = 0x0a
const SIGNATURE_LENGTH = 86
/** 64 bytes in base64url: of the last letter only two bits count, the others are 0 in the canonical spelling. */
const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/

export function isSale(body: RecordBody): body is SaleRecord {
  return body.type === 'invoice' || body.type === 'credit-note'
}

/**
 * Makes a record final: its canonical bytes, a newline, and the signature over those bytes. This is the one
 * immutable value a day book stores.
 */
export function sealRecord(body: RecordBody, signer: Signer): { stored: Uint8Array; record: SealedRecord } {
  const bytes = new TextEncoder().encode(canonicalJson(body))
  const signature = signer.sign(bytes)
  const stored = new Uint8Array(bytes.length + 1 + SIGNATURE_LENGTH)
  stored.set(bytes)
  stored[bytes.length] = NEWLINE
  stored.set(new TextEncoder().encode(signature), bytes.length + 1)
  return { stored, record: { body, bytes, hash: digest(bytes), signature } }
}

/** What of a stored record was signed, and the signature. */
export type SignedBytes = Pick<SealedRecord, 'bytes' | 'signature'>

/**
 * Takes a stored record apart without reading it, for one that was read before.
 * @throws MalformedRecord
 */
export function signedBytes(stored: unknown): SignedBytes {
  if (!(stored instanceof Uint8Array)) throw new MalformedRecord('it is not a byte string')
  const split = stored.length - SIGNATURE_LENGTH - 1
  if (split < 2 || stored[split] !== NEWLINE) throw new MalformedRecord('it has no signature line')
  const signature = textOf(stored.subarray(split + 1), 'latin1')
  if (!SIGNATURE.test(signature)) throw new MalformedRecord('its signature is not canonical base64url')
  return { bytes: stored.subarray(0, split), signature }
}

/**
 * Reads a stored record. The signature is not checked here, see {@link verifyRecord}.
 * @throws MalformedRecord when the bytes are no record, are not canonical or break the schema.
 */
export function readRecord(stored: unknown): SealedRecord {
  const { bytes, signature } = signedBytes(stored)
  if (!isUtf8(bytes)) throw new MalformedRecord('it is not UTF-8')
  const text = textOf(bytes, 'utf8')
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    throw new MalformedRecord((error as Error).message)
  }
  if (!isCanonical(text, body)) throw new MalformedRecord('its JSON is not canonical (RFC 8785)')
  try {
    validate<RecordBody>('record.schema.json', body, 'record')
  } catch (error) {
    throw new MalformedRecord((error as Error).message)
  }
  return { body, bytes, hash: digest(bytes), signature }
}

function textOf(bytes: Uint8Array, encoding: 'utf8' | 'latin1'): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding)
}

/** Whether the holder of `publicKey` signed exactly these bytes. */
export function verifyRecord(record: SignedBytes, publicKey: string): boolean {
  return verifySignature(publicKey, record.bytes, record.signature)
}
