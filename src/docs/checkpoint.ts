import { verifySignature, type Signer } from './keys.js'
import { HASH_BYTES } from './merkle.js'
import {
  formatNote,
  fromBase64,
  isSignedBy,
  MalformedNote,
  NOTE_KEY,
  noteKeyId,
  parseNote,
  signaturesOf,
  signText,
  type SignedNote,
} from './signed-note.js'

/** What a relay's log was at one moment: so many leaves, and the root of their tree (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The log: `counterfoil/<relay id>`. */
  readonly origin: string
  /** Leaves. */
  readonly size: number
  readonly root: Uint8Array
}

/** A checkpoint whose signature was verified, and the note it stands in, letter for letter. */
export interface SeenCheckpoint extends Checkpoint {
  readonly note: string
}

/** A checkpoint that is malformed, of another log, or not signed by the key it must be signed by. */
export class BadCheckpoint extends Error {
  constructor(reason: string) {
    super(`This is not a checkpoint of the relay: ${reason}`)
    this.name = 'BadCheckpoint'
  }
}

/** The name of a relay's log, and of the key it signs checkpoints with. */
export function originOf(relay: string): string {
  return `counterfoil/${relay}`
}

/** The name a terminal countersigns under. */
export function cosignerName(relay: string, terminal: string): string {
  return `counterfoil/${relay}/${terminal}`
}

function textOf({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
}

export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): SeenCheckpoint {
  const text = textOf(checkpoint)
  const note = formatNote({ text, signatures: [signText(text, checkpoint.origin, signer)] })
  return { ...checkpoint, note }
}

/**
 * Reads a checkpoint of a relay and verifies that the relay signed it.
 * @param relayKey 32 raw bytes, base64url
 * @throws BadCheckpoint
 */
export function readCheckpoint(note: string, relay: string, relayKey: string): SeenCheckpoint {
  const parsed = parse(note)
  const checkpoint = checkpointIn(parsed)
  const origin = originOf(relay)
  if (checkpoint.origin !== origin)
    throw new BadCheckpoint(`it is of the log ${checkpoint.origin}, not of ${origin}`)
  if (!isSignedBy(parsed, origin, relayKey)) throw new BadCheckpoint('it is not signed by the relay’s key')
  return { ...checkpoint, note }
}

function parse(note: string): SignedNote {
  try {
    return parseNote(note)
  } catch (error) {
    if (!(error instanceof MalformedNote)) throw error
    throw new BadCheckpoint(error.message)
  }
}

const SIZE = /^(0|[1-9]\d{0,15})$/

/** Lines beyond the third are what nobody here understands or vouches for: such a note is not taken. */
function checkpointIn({ text }: SignedNote): Checkpoint {
  const [origin = '', size = '', encoded = '', ...rest] = text.slice(0, -1).split('\n')
  const root = fromBase64(encoded)
  if (rest.length > 0 || origin === '' || !SIZE.test(size) || !Number.isSafeInteger(Number(size)))
    throw new BadCheckpoint('its text is not an origin, a size and a root')
  if (root?.length !== HASH_BYTES) throw new BadCheckpoint('its root is not a hash in base64')
  return { origin, size: Number(size), root }
}

const TIME_BYTES = 8

/** What a cosigner signs (C2SP tlog-cosignature, cosignature/v1). @param time seconds since 1970 */
function countersignedText(text: string, time: bigint): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`)
}

/**
 * The note with a terminal's countersignature in place of all others: that at this time it knew of no larger log that
 * is consistent with all it was shown before.
 * @param name see {@link cosignerName}
 */
export function countersign(
  { note, origin }: SeenCheckpoint,
  name: string,
  signer: Signer,
  at: Date,
): string {
  const { text, signatures } = parse(note)
  const time = BigInt(Math.floor(at.getTime() / 1000))
  const bytes = Buffer.alloc(TIME_BYTES)
  bytes.writeBigUInt64BE(time)
  const signature = Buffer.from(signer.sign(countersignedText(text, time)), 'base64url')
  const id = noteKeyId(name, NOTE_KEY.cosignature, signer.publicKey)
  return formatNote({
    text,
    signatures: [
      ...signatures.filter((one) => one.name === origin),
      { name, id, bytes: Buffer.concat([bytes, signature]) },
    ],
  })
}

/** When the holder of this key countersigned the note; undefined where it did not. */
export function countersignedAt(note: string, name: string, publicKey: string): Date | undefined {
  const { text, signatures } = parse(note)
  for (const { bytes } of signaturesOf(signatures, name, NOTE_KEY.cosignature, publicKey)) {
    if (bytes.length <= TIME_BYTES) continue
    const time = Buffer.from(bytes).readBigUInt64BE()
    const signature = Buffer.from(bytes.subarray(TIME_BYTES)).toString('base64url')
    const at = new Date(Number(time) * 1000)
    if (Number.isNaN(at.getTime())) continue
    if (verifySignature(publicKey, countersignedText(text, time), signature)) return at
  }
  return undefined
}
