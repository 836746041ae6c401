import { Refused } from '../protocol/problem.js'

/** A keyboard that need not show what is typed. */
export interface Keyboard {
  readonly isTTY?: boolean
  setRawMode(raw: boolean): unknown
  on(event: 'data', listener: (data: Buffer) => void): unknown
  off(event: 'data', listener: (data: Buffer) => void): unknown
  resume(): unknown
  pause(): unknown
  /** Gives back what belongs to the next question. */
  unshift?(text: string): unknown
}

const ENTER = new Set(['\r', '\n', '\u0004'])
const ERASE = new Set(['\u007F', '\b'])
const INTERRUPT = '\u0003'

/**
 * One line that is not shown while it is typed.
 * @param takes whether a key is part of the line
 * @throws Refused `stopped` on Ctrl+C
 */
export function typedHidden(
  question: string,
  keyboard: Keyboard,
  say: (text: string) => void,
  takes: (key: string) => boolean = () => true,
): Promise<string> {
  // First, or what is typed as soon as the question stands there would be shown.
  keyboard.setRawMode(true)
  say(question)
  keyboard.resume()
  return new Promise((resolve, reject) => {
    let line: string[] = []
    const end = (): void => {
      keyboard.off('data', onData)
      keyboard.setRawMode(false)
      keyboard.pause()
      say('\n')
    }
    const onData = (data: Buffer): void => {
      const keys = [...data.toString()]
      for (const [at, key] of keys.entries()) {
        if (key === INTERRUPT) {
          end()
          reject(new Refused('unavailable', 'stopped', 'It was stopped before anything was done.'))
          return
        }
        if (ENTER.has(key)) {
          end()
          // What was pasted after it belongs to the next question.
          const rest = keys.slice(at + 1).join('')
          if (rest !== '') keyboard.unshift?.(rest)
          resolve(line.join(''))
          return
        }
        if (ERASE.has(key)) line = line.slice(0, -1)
        else if (takes(key)) line.push(key)
      }
    }
    keyboard.on('data', onData)
  })
}
