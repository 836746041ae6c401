import type { Writable } from 'node:stream'
import { Refused } from '../protocol/problem.js'
import { typedHidden, type Keyboard } from './hidden-input.js'
import { readText } from './input-file.js'

interface Console {
  readonly input: Keyboard
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
  if (input.isTTY !== true) {
    throw new Refused(
      'invalid',
      'no-terminal',
      'There is nobody here to type a password. Give a file with it: --password-file FILE.',
    )
  }
  const typed = (question: string): Promise<string> =>
    typedHidden(question, input, (text) => output.write(text), isPrinted)
  const first = await typed('Password: ')
  const second = await typed('The same again: ')
  if (first !== second)
    throw new Refused('invalid', 'passwords-differ', 'The two passwords are not the same.')
  return first
}

/** No control character: nobody knows that they typed one. */
const isPrinted = (key: string): boolean => key >= ' '
