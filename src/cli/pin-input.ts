import { typedHidden, type Keyboard } from './hidden-input.js'
import { readText } from './input-file.js'
import { Refused } from '../protocol/problem.js'

/** Where a PIN may come from: never from an argument, which every user of the machine can read while it runs. */
export interface PinSources {
  /** A file whose first line it is. */
  readonly file: string | undefined
  readonly environment: string | undefined
  readonly keyboard: Keyboard
  readonly say: (text: string) => void
}

/** @throws Refused `no-pin`, `bad-pin` */
export async function readPin(question: string, sources: PinSources): Promise<string> {
  return checked(await given(question, sources))
}

/** As {@link readPin}; one that is typed is typed twice. */
export async function readNewPin(question: string, sources: PinSources): Promise<string> {
  const pin = checked(await given(question, sources))
  if (sources.file !== undefined || sources.environment !== undefined) return pin
  if ((await typed(`${question}, again: `, sources)) === pin) return pin
  throw new Refused(
    'invalid',
    'bad-pin',
    'The two were not the same. Nothing was changed; give the command again.',
  )
}

async function given(question: string, sources: PinSources): Promise<string> {
  if (sources.file !== undefined) return ((await readText(sources.file)).split('\n')[0] ?? '').trim()
  if (sources.environment !== undefined) return sources.environment
  return typed(`${question}: `, sources)
}

function checked(pin: string): string {
  if (/^[0-9]{4,12}$/.test(pin)) return pin
  throw new Refused('invalid', 'bad-pin', 'A PIN is 4 to 12 digits.')
}

function typed(question: string, { keyboard, say }: PinSources): Promise<string> {
  if (keyboard.isTTY !== true) {
    throw new Refused(
      'unauthenticated',
      'no-pin',
      'A PIN is needed, and nobody is here to type it. Give it with --pin-file FILE, or in COUNTERFOIL_PIN.',
    )
  }
  return typedHidden(question, keyboard, say)
}

/** The sources of this process. `COUNTERFOIL_PIN` is a PIN to sign in with, never one to set. */
export function pinSources(file: string | undefined, environment?: string): PinSources {
  return { file, environment, keyboard: process.stdin, say: (text) => process.stderr.write(text) }
}
