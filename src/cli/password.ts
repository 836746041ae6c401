import type { Readable, Writable } from 'node:stream'
import { Refused } from '../protocol/problem.js'
import { readText } from './input-file.js'

export interface Console {
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }
  readonly output: Writable
}

/**
 * A new password: the first line of a file, or typed twice by whoever sits here. It is never an argument, because
 * everybody on the machine can read those.
 * @throws Refused `no-terminal`, `passwords-differ`, `stopped`
 */
export async function newPassword(
  file: string | undefined,
  { input, output }: Console = { input: process.stdin, output: process.stderr },
): Promise<string> {
  if (file !== undefined) return (await readText(file)).split(/\r?\n/, 1)[0] ?? ''
  if (!input.isTTY || !input.setRawMode) {
    throw new Refused(
      'invalid',
      'no-terminal',
      'There is nobody here to type a password. Give a file with it: --password-file FILE.',
    )
  }
  const first = await typed({ input, output }, 'Password: ')
  const second = await typed({ input, output }, 'The same again: ')
  if (first !== second)
    throw new Refused('invalid', 'passwords-differ', 'The two passwords are not the same.')
  return first
}

const ENTER = new Set(['\r', '\n', '\u0004'])
const ERASE = new Set(['\u007f', '\b'])
const INTERRUPT = '\u0003'

/** One line that is not shown while it is typed. */
function typed({ input, output }: Console, question: string): Promise<string> {
  output.write(question)
  input.setRawMode?.(true)
  return new Promise<string>((resolve, reject) => {
    let line: string[] = []
    const end = (finish: () => void): void => {
      input.off('data', onData)
      input.setRawMode?.(false)
      input.pause()
      output.write('\n')
      finish()
    }
    const onData = (data: Buffer | string): void => {
      const keys = [...data.toString()]
      for (const [at, key] of keys.entries()) {
        if (key === INTERRUPT) {
          end(() => reject(new Refused('unavailable', 'stopped', 'It was stopped; nothing was changed.')))
          return
        }
        if (ENTER.has(key)) {
          // What was pasted after it belongs to the next question.
          const rest = keys.slice(at + 1).join('')
          end(() => {
            if (rest !== '') input.unshift(rest)
            resolve(line.join(''))
          })
          return
        }
        if (ERASE.has(key)) line = line.slice(0, -1)
        else if (key >= ' ') line.push(key)
      }
    }
    input.on('data', onData)
    input.resume()
  })
}
