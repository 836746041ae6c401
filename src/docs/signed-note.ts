import { createHash } from 'node:crypto'
import { verifySignature, type Signer } from './keys.js'

/*
 * C2SP signed-note: a text that ends in LF, an empty line, and one line a signature: em dash, space, name of the key,
 * space, base64 of the key's id (4 bytes) and the signature, LF.
 */

/** Bytes that stand for the kind of a signature in a key's id. */
export const NOTE_KEY = { ed25519: 0x01, cosignature: 0x04 } as const
export type NoteKeyType = (typeof NOTE_KEY)[keyof typeof NOTE_KEY]

export interface NoteSignature {
  /** Of the key. */
  readonly name: string
  /** 4 bytes, hexadecimal. */
  readonly id: string
  /** What follows the key's id. */
  readonly bytes: Uint8Array
}

export interface SignedNote {
  /** What was signed, with its last LF. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

export class MalformedNote extends Error {
  constructor(reason: string) {
    super(`This is not a signed note: ${reason}`)
    this.name = 'MalformedNote'
  }
}

const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u
const UNFIT = /[\p{Cc}\p{Surrogate}]/u
const KEY_ID_BYTES = 4
/** The format asks for 16 at least. */
const MOST_SIGNATURES = 100
const MOST_CHARACTERS = 64 * 1024

/** @throws MalformedNote */
export function parseNote(note: string): SignedNote {
  if (note.length > MOST_CHARACTERS) throw new MalformedNote('it is too long')
  if (UNFIT.test(note.replaceAll('\n', ''))) throw new MalformedNote('it has characters no note may have')
  const split = note.lastIndexOf('\n\n')
  if (split === -1 || !note.endsWith('\n')) throw new MalformedNote('it has no lines of signatures')
  const lines = note.slice(split + 2, -1).split('\n')
  if (lines.length > MOST_SIGNATURES) throw new MalformedNote('it has too many signatures')
  return { text: note.slice(0, split + 1), signatures: lines.map(parseLine) }
}

function parseLine(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? []
  const bytes = encoded === undefined ? undefined : fromBase64(encoded)
  if (name === undefined || !bytes || bytes.length <= KEY_ID_BYTES)
    throw new MalformedNote('a line of its signatures is not one')
  return { name, id: bytes.toString('hex', 0, KEY_ID_BYTES), bytes: bytes.subarray(KEY_ID_BYTES) }
}

export function formatNote({ text, signatures }: SignedNote): string {
  const lines = signatures.map(({ name, id, bytes }) => {
    const encoded = Buffer.concat([Buffer.from(id, 'hex'), bytes]).toString('base64')
    return `— ${name} ${encoded}\n`
  })
  return `${text}\n${lines.join('')}`
}

/**
 * The id of a key, hexadecimal: the first 4 bytes of SHA-256 over its name, LF, the kind of its signatures and the key.
 * @param publicKey 32 raw bytes, base64url
 */
export function noteKeyId(name: string, type: NoteKeyType, publicKey: string): string {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(Uint8Array.of(type))
    .update(Buffer.from(publicKey, 'base64url'))
    .digest('hex')
    .slice(0, KEY_ID_BYTES * 2)
}

/** The signature of a text under the key's name, as `signed-note` has it (Ed25519). */
export function signText(text: string, name: string, signer: Signer): NoteSignature {
  const bytes = Buffer.from(signer.sign(Buffer.from(text)), 'base64url')
  return { name, id: noteKeyId(name, NOTE_KEY.ed25519, signer.publicKey), bytes }
}

/** Whether the holder of this key signed the note under this name, and no signature under it is wrong. */
export function isSignedBy({ text, signatures }: SignedNote, name: string, publicKey: string): boolean {
  const own = signaturesOf(signatures, name, NOTE_KEY.ed25519, publicKey)
  const signed = Buffer.from(text)
  return (
    own.length > 0 &&
    own.every(({ bytes }) => verifySignature(publicKey, signed, Buffer.from(bytes).toString('base64url')))
  )
}

/** The signatures that say they are of this key. */
export function signaturesOf(
  signatures: readonly NoteSignature[],
  name: string,
  type: NoteKeyType,
  publicKey: string,
): NoteSignature[] {
  const id = noteKeyId(name, type, publicKey)
  return signatures.filter((one) => one.name === name && one.id === id)
}

/** The bytes of a base64 text in its one canonical spelling; undefined for any other. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
