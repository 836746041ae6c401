import { describe, expect, test } from 'vitest'
import {
  BadCheckpoint,
  cosignerName,
  countersign,
  countersignedAt,
  originOf,
  readCheckpoint,
  signCheckpoint,
} from '../../src/docs/checkpoint.js'
import { verifySignature } from '../../src/docs/keys.js'
import { leafHash } from '../../src/docs/merkle.js'
import {
  formatNote,
  isSignedBy,
  MalformedNote,
  NOTE_KEY,
  noteKeyId,
  parseNote,
} from '../../src/docs/signed-note.js'
import { newSigner } from '../support/keys.js'

const RELAY = 'relay_0123456789abcdef'
const TERMINAL = 'term_0123456789abcdef'
const relay = newSigner()
const terminal = newSigner()
const checkpoint = { origin: originOf(RELAY), size: 42, root: leafHash(Buffer.from('a leaf')) }
const signed = signCheckpoint(checkpoint, relay)
const read = (note: string) => readCheckpoint(note, RELAY, relay.publicKey)

describe('signed notes', () => {
  test('the example of Go’s sumdb/note verifies, and is spelled again letter for letter', () => {
    const note =
      'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n'
    const key = Buffer.from('AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k', 'base64').subarray(1)
    const publicKey = key.toString('base64url')
    const parsed = parseNote(note)
    expect(noteKeyId('example.com/foo', 1, publicKey)).toBe('530d903a')
    expect(isSignedBy(parsed, 'example.com/foo', publicKey)).toBe(true)
    expect(isSignedBy({ ...parsed, text: 'Another.\n' }, 'example.com/foo', publicKey)).toBe(false)
    expect(isSignedBy(parsed, 'example.com/bar', publicKey)).toBe(false)
    expect(formatNote(parsed)).toBe(note)
  })

  test.each([
    ['empty', ''],
    ['without signatures', 'text\n'],
    ['with an empty list of signatures', 'text\n\n'],
    ['cut in its last line', signed.note.slice(0, -1)],
    ['with a control character', signed.note.replace('42', '4\u00072')],
    ['with a lone surrogate', signed.note.replace('42', '\ud800')],
    ['with base64 spelled otherwise', signed.note.replace(/=\n$/, '\n')],
  ])('R1: a note %s is refused', (_what, note) => {
    expect(() => parseNote(note)).toThrow(MalformedNote)
    expect(() => read(note)).toThrow(BadCheckpoint)
  })
})

describe('checkpoints', () => {
  test('one that was signed is read back', () => {
    expect(read(signed.note)).toEqual({
      ...checkpoint,
      root: Buffer.from(checkpoint.root),
      note: signed.note,
    })
    expect(signed.note.split('\n').slice(0, 2)).toEqual([`counterfoil/${RELAY}`, '42'])
  })

  test('H2: another size, root, log or key is found', () => {
    expect(() => read(signed.note.replace('\n42\n', '\n43\n'))).toThrow('not signed by')
    const other = signCheckpoint({ ...checkpoint, root: leafHash(Buffer.from('b')) }, newSigner())
    expect(() => read(other.note)).toThrow('not signed by')
    const elsewhere = signCheckpoint({ ...checkpoint, origin: 'counterfoil/relay_other' }, relay)
    expect(() => read(elsewhere.note)).toThrow('it is of the log counterfoil/relay_other')
  })

  test.each(['042', '-1', '1e3', '4 2', '9007199254740993', ''])('R1: a size of "%s" is refused', (size) => {
    expect(() => read(signed.note.replace('\n42\n', `\n${size}\n`))).toThrow(BadCheckpoint)
  })
})

describe('countersignatures', () => {
  const name = cosignerName(RELAY, TERMINAL)
  const at = new Date('2026-04-01T10:00:00.000Z')
  const note = countersign(signed, name, terminal, at)

  test('are made with the key id that a public witness has', () => {
    // The verifier key of remora.n621.de: name, id, and base64 of the kind and the key.
    const key = Buffer.from('BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2', 'base64')
    expect(key[0]).toBe(NOTE_KEY.cosignature)
    const publicKey = key.subarray(1).toString('base64url')
    expect(noteKeyId('remora.n621.de', NOTE_KEY.cosignature, publicKey)).toBe('da77ade7')
  })

  test('are laid out as C2SP says: id of the key, time in 8 bytes, signature over header, time and text', () => {
    const [, own] = parseNote(note).signatures
    const bytes = Buffer.from(own?.bytes ?? [])
    expect([own?.name, own?.id, bytes.length]).toEqual([name, noteKeyId(name, 4, terminal.publicKey), 72])
    expect(bytes.readBigUInt64BE()).toBe(1_775_037_600n)
    const text = `cosignature/v1\ntime 1775037600\ncounterfoil/${RELAY}\n42\n${Buffer.from(checkpoint.root).toString('base64')}\n`
    const signature = bytes.subarray(8).toString('base64url')
    expect(verifySignature(terminal.publicKey, Buffer.from(text), signature)).toBe(true)
  })

  test('say when, and leave the relay’s signature as it is', () => {
    expect(countersignedAt(note, name, terminal.publicKey)).toEqual(at)
    expect(read(note).size).toBe(42)
    // Once more does not add a second one.
    expect(parseNote(countersign(read(note), name, terminal, at)).signatures).toHaveLength(2)
  })

  test('H2: of another key, under another name, or of another text count for nothing', () => {
    expect(countersignedAt(note, name, newSigner().publicKey)).toBeUndefined()
    expect(countersignedAt(note, `${name}x`, terminal.publicKey)).toBeUndefined()
    expect(countersignedAt(note.replace('\n42\n', '\n43\n'), name, terminal.publicKey)).toBeUndefined()
    expect(countersignedAt(signed.note, name, terminal.publicKey)).toBeUndefined()
  })
})
