import type { Command } from 'commander'
import type { SignedIn, SignInNames } from '../docs/generated/types.js'
import { Refused } from '../protocol/problem.js'
import type { ServiceClient } from './client.js'
import { withData, type Common } from './context.js'
import { pinSources, readPin } from './pin-input.js'

/** Options of a command that somebody gives. */
export interface ByPerson extends Common {
  readonly data: string
  readonly by?: string
  readonly pinFile?: string
}

export function withPerson(command: Command): Command {
  return withData(command)
    .option('--by <person>', 'who does it')
    .option(
      '--pin-file <file>',
      'file with that person’s PIN, where the shop has cashiers; else COUNTERFOIL_PIN, or you are asked',
    )
}

/** What a request says of who does it. */
export function person({ by }: ByPerson): { by?: string } {
  return by === undefined ? {} : { by }
}

/**
 * Does work at a terminal in somebody's name: where its shop has people who sign in, with their PIN, for as long as the
 * work takes.
 * @throws Refused `sign-in-needed` where nobody was named, `wrong-pin`, `wait-after-wrong-pins`, `no-pin`
 */
export async function asPerson<R>(
  client: ServiceClient,
  { by, pinFile }: ByPerson,
  work: (client: ServiceClient) => Promise<R>,
): Promise<R> {
  const { needed } = await client.peek<SignInNames>('/v1/sign-in')
  if (!needed) return work(client)
  if (by === undefined) {
    throw new Refused(
      'unauthenticated',
      'sign-in-needed',
      'People sign in at this shop’s terminals. Say who does it with --by NAME, and give the PIN in COUNTERFOIL_PIN, with --pin-file FILE, or when you are asked.',
    )
  }
  const pin = await readPin(`PIN of ${by}`, pinSources(pinFile, process.env['COUNTERFOIL_PIN']))
  const { token } = await client.send<SignedIn>('POST', '/v1/sign-in', { name: by, pin })
  const signedIn = client.as(token)
  try {
    return await work(signedIn)
  } finally {
    // What was done is done, whether or not the process is still there.
    await signedIn.send('POST', '/v1/sign-out', {}).catch(() => undefined)
  }
}
