import { describe, expect, test } from 'vitest'
import type { PullHead } from '../../src/docs/generated/types.js'
import { PULL_HEAD_BYTES } from '../../src/protocol/limits.js'
import { PULL_END, pullFrame, readPull } from '../../src/protocol/pull.js'

const ID = '4NMNnkMhL8jXrdJ9jamS58PAVdXu'
const OTHER = '48WHpq5bQFZrrYNrdc1qevwhWqUx'
const HASH = 'a'.repeat(64)

async function* pieces(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

async function readAll(...parts: readonly Uint8Array[]) {
  const found: { head: PullHead; chunks: string }[] = []
  for await (const { head, chunks } of readPull(pieces(...parts)))
    found.push({ head, chunks: Buffer.from(chunks).toString() })
  return found
}

const FIRST: PullHead = { id: ID, heads: [HASH], bytes: 5, whole: true }
const SECOND: PullHead = { id: OTHER, heads: [], bytes: 0, refused: 'not-yours' }
const ANSWER = Buffer.concat([pullFrame(FIRST), Buffer.from('hello'), pullFrame(SECOND), PULL_END])
const TWO = [
  { head: FIRST, chunks: 'hello' },
  { head: SECOND, chunks: '' },
]

describe('the answer to a pull', () => {
  test('is read as it was written, however the network cuts it', async () => {
    expect(await readAll(ANSWER)).toEqual(TWO)
    expect(await readAll(...Array.from(ANSWER, (byte) => Uint8Array.of(byte)))).toEqual(TWO)
    for (let at = 0; at <= ANSWER.length; at += 1)
      expect(await readAll(ANSWER.subarray(0, at), ANSWER.subarray(at))).toEqual(TWO)
  })

  test('S2 R1 that ends at any earlier byte is said to be cut, after what came whole', async () => {
    const whole = pullFrame(FIRST).length + 5
    for (let at = 0; at < ANSWER.length; at += 1) {
      const read = readPull(pieces(ANSWER.subarray(0, at)))
      if (at >= whole) expect((await read.next()).value).toMatchObject({ head: { id: ID } })
      if (at >= ANSWER.length - 4) expect((await read.next()).value).toMatchObject({ head: { id: OTHER } })
      await expect(read.next()).rejects.toMatchObject({
        code: 'bad-pull',
        message: expect.stringContaining('it was cut'),
      })
    }
  })

  function framed(text: string): Buffer {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(Buffer.byteLength(text))
    return Buffer.concat([length, Buffer.from(text)])
  }

  test('R1 that is anything else is refused with the reason', async () => {
    const long = Buffer.alloc(4)
    long.writeUInt32BE(PULL_HEAD_BYTES + 1)
    await expect(readAll(long)).rejects.toThrow('a head is too long')
    await expect(readAll(framed('{'))).rejects.toThrow('a head is not JSON')
    await expect(readAll(framed('{}'))).rejects.toThrow('head of a document')
    await expect(readAll(framed(JSON.stringify({ ...FIRST, bytes: 33_554_433 })))).rejects.toThrow('bytes')
    await expect(readAll(framed(JSON.stringify({ ...FIRST, id: '../..' })))).rejects.toThrow('id')
    await expect(readAll(ANSWER, Buffer.from('x'))).rejects.toThrow('bytes follow its end')
  })
})
