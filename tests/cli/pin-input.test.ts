import { EventEmitter } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Keyboard } from '../../src/cli/hidden-input.js'
import { readNewPin, readPin, type PinSources } from '../../src/cli/pin-input.js'

/** A keyboard on which each question is answered by the next of these keys. */
class TypedKeys extends EventEmitter implements Keyboard {
  readonly isTTY = true
  readonly said: string[] = []
  /** What was asked while the terminal would have shown the answer. */
  readonly askedInTheOpen: string[] = []
  raw = false
  readonly #answers: string[]

  constructor(...answers: string[]) {
    super()
    this.#answers = answers
  }

  setRawMode(raw: boolean): void {
    this.raw = raw
  }

  resume(): void {
    const keys = this.#answers.shift()
    // As a terminal in its usual mode would have shown it.
    queueMicrotask(
      () => keys !== undefined && this.emit('data', Buffer.from(this.raw ? keys : `shown: ${keys}`)),
    )
  }

  pause(): void {}

  #say(text: string): void {
    this.said.push(text)
    if (!this.raw && text !== '\n') this.askedInTheOpen.push(text)
  }

  get sources(): PinSources {
    return {
      file: undefined,
      environment: undefined,
      keyboard: this,
      say: (text) => this.#say(text),
    }
  }
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'counterfoil-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a PIN', () => {
  test('A1 is typed without being shown, and the terminal is left as it was', async () => {
    const keys = new TypedKeys('47x\u007F11\r')
    expect(await readPin('PIN of Asha', keys.sources)).toBe('4711')
    expect(keys.said.join('')).toBe('PIN of Asha: \n')
    expect(keys.askedInTheOpen).toEqual([])
    expect(keys.raw).toBe(false)
    expect(keys.listenerCount('data')).toBe(0)
  })

  test('A1 that is new is typed twice, and both have to be the same', async () => {
    expect(await readNewPin('PIN', new TypedKeys('4711\n', '4711\n').sources)).toBe('4711')
    await expect(readNewPin('PIN', new TypedKeys('4711\n', '4712\n').sources)).rejects.toMatchObject({
      code: 'bad-pin',
      message: expect.stringContaining('not the same') as string,
    })
  })

  test('Ctrl+C ends the question, with the terminal as it was', async () => {
    const keys = new TypedKeys('47\u0003')
    await expect(readPin('PIN', keys.sources)).rejects.toMatchObject({ code: 'stopped' })
    expect(keys.raw).toBe(false)
  })

  test('R1 is 4 to 12 digits, wherever it comes from', async () => {
    const { sources } = new TypedKeys()
    for (const environment of ['123', '1234567890123', '12a4', '', '１２３４'])
      await expect(readPin('PIN', { ...sources, environment })).rejects.toMatchObject({ code: 'bad-pin' })
    expect(await readPin('PIN', { ...sources, environment: '123456789012' })).toBe('123456789012')
  })

  test('is the first line of a file, which stands above all else', async () => {
    const file = join(folder, 'pin')
    await writeFile(file, '  4711 \r\nnot this\n')
    const { sources } = new TypedKeys()
    expect(await readPin('PIN', { ...sources, file, environment: '9999' })).toBe('4711')
    await expect(readPin('PIN', { ...sources, file: join(folder, 'none') })).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })

  test('R1 where nobody can type, what helps is named', async () => {
    const { sources } = new TypedKeys()
    const keyboard: Keyboard = Object.assign(new TypedKeys(), { isTTY: false })
    await expect(readPin('PIN', { ...sources, keyboard })).rejects.toMatchObject({
      kind: 'unauthenticated',
      message: expect.stringMatching(/--pin-file FILE, or in COUNTERFOIL_PIN/) as string,
    })
  })
})
