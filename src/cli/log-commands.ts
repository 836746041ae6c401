import type { Command } from 'commander'
import { BadCheckpoint, readCheckpoint, type SeenCheckpoint } from '../docs/checkpoint.js'
import type { LogCheckpointFile, LogConsistency, LogInclusions, SeenLog } from '../docs/generated/types.js'
import { verifyConsistency, verifyInclusion } from '../docs/merkle.js'
import { fromBase64 } from '../docs/signed-note.js'
import { Refused } from '../protocol/problem.js'
import type { Status } from '../terminal/status.js'
import type { ServiceClient } from './client.js'
import { action, countOption, patternOption, withData, type CommandContext, type Common } from './context.js'
import { EXIT } from './exit.js'
import { readText } from './input-file.js'
import { asPerson, person, withPerson, type ByPerson } from './person.js'
import { withKind, withService } from './service.js'

interface CheckpointOptions extends Common {
  readonly data: string
  readonly since?: string
}

interface ProveOptions extends Common {
  readonly data: string
  readonly receipt?: number
  readonly leaf?: string
}

/** What a relay says of itself; whoever does not trust it verifies a bundle with keys of their own. */
interface Signs {
  readonly relay: string
  readonly publicKey: string
}

export function logCommands(program: Command): void {
  const log = program.command('log').description('the relay’s log that cannot be rewritten')

  withData(log.command('checkpoint'))
    .description(
      'the newest checkpoint of a relay’s log, or the last one a terminal saw, as a signed note; exit 6 where it does not continue --since',
    )
    .option('--since <file>', 'an older checkpoint, which the relay’s log must continue')
    .action(
      action(
        async (context, { data, since }: CheckpointOptions) => {
          const older = since === undefined ? undefined : await readText(since)
          return withService(data, (client, kind) =>
            kind === 'relay' ? newest(context, client, older) : lastSeen(context, client, older),
          )
        },
        (options) => options,
      ),
    )

  withData(log.command('prove'))
    .description('that a custody receipt, or another leaf, is in a relay’s log')
    .option('--receipt <n>', 'serial of the receipt', countOption)
    .option(
      '--leaf <hash>',
      'or the hash of the leaf, base64 or base64url',
      patternOption(/^[A-Za-z0-9+/_-]{43}=?$/, 'It is a SHA-256 in base64.'),
    )
    .action(
      action(
        async (context, { data, receipt, leaf }: ProveOptions, command: Command) => {
          if ((receipt === undefined) === (leaf === undefined))
            command.error('error: name one leaf, with --receipt or with --leaf.')
          return withKind(data, 'relay', async (client) => {
            const query =
              receipt === undefined ? `leaf=${encodeURIComponent(leaf ?? '')}` : `serial=${receipt}`
            const proven = await client.get<LogInclusions>(`/v1/admin/log/inclusion?${query}`)
            return tellProof(context, await signsOf(client), proven)
          })
        },
        (options) => options,
      ),
    )

  withPerson(log.command('settle'))
    .description(
      'end a terminal’s alarm of the relay’s log: what the relay shows next is taken as it is; the evidence stays',
    )
    .action(
      action(
        async (context, options: ByPerson) => {
          const status = await withKind(options.data, 'terminal', (client) =>
            asPerson(client, options, (signedIn) =>
              signedIn.send<Status>('POST', '/v1/log/settle', person(options)),
            ),
          )
          context.print(status, 'Settled. The evidence stays in log-evidence.log.')
        },
        (options) => options,
      ),
    )
}

function signsOf(client: ServiceClient): Promise<Signs> {
  return client.get<Signs>('/v1/admin/status')
}

/** @throws Refused `bad-checkpoint` */
function read(note: string, { relay, publicKey }: Signs): SeenCheckpoint {
  try {
    return readCheckpoint(note, relay, publicKey)
  } catch (error) {
    if (!(error instanceof BadCheckpoint)) throw error
    throw new Refused('invalid', 'bad-checkpoint', error.message)
  }
}

async function newest(
  context: CommandContext,
  client: ServiceClient,
  older: string | undefined,
): Promise<number> {
  const signs = await signsOf(client)
  if (older === undefined) {
    const { note } = await client.get<LogCheckpointFile>('/v1/admin/log/checkpoint')
    context.print({ note, size: read(note, signs).size }, note.trimEnd())
    return EXIT.ok
  }
  const before = read(older, signs)
  const { note, path } = await since(client, before.size)
  const now = read(note, signs)
  const hashes = path.map((text) => fromBase64(text) ?? new Uint8Array())
  const continues = verifyConsistency(before.size, now.size, hashes, before.root, now.root)
  context.print({ note, size: now.size, since: before.size, continues }, note.trimEnd())
  context.say(
    continues
      ? `The log of ${now.size} leaves continues the one of ${before.size}.`
      : `The log of ${now.size} leaves does not continue the one of ${before.size} that the relay signed: it was rewritten, or restored from a backup. Keep both checkpoints.`,
  )
  return continues ? EXIT.ok : EXIT.found
}

/** A log that is shorter proves nothing. */
async function since(client: ServiceClient, from: number): Promise<{ note: string; path: string[] }> {
  try {
    const { checkpoint, path } = await client.get<LogConsistency>(`/v1/admin/log/consistency?from=${from}`)
    return { note: checkpoint, path }
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'log-shorter') throw error
    const { note } = await client.get<LogCheckpointFile>('/v1/admin/log/checkpoint')
    return { note, path: [] }
  }
}

async function lastSeen(
  context: CommandContext,
  client: ServiceClient,
  older: string | undefined,
): Promise<number> {
  if (older !== undefined)
    throw new Refused(
      'invalid',
      'directory-of-another-kind',
      'A terminal cannot prove what the relay’s log continues: give --since with the relay’s directory.',
    )
  const seen = await client.get<SeenLog>('/v1/log')
  context.print(seen, seen.checkpoint?.trimEnd() ?? 'This terminal has seen no checkpoint yet.')
  if (seen.alarm) context.say(`Alarm of the relay’s log: ${seen.alarm.kind} (${seen.alarm.what}).`)
  return seen.alarm ? EXIT.found : EXIT.ok
}

function tellProof(
  context: CommandContext,
  signs: Signs,
  { checkpoint = '', proofs }: LogInclusions,
): number {
  const { size, root } = read(checkpoint, signs)
  const [proof] = proofs
  const leaf = proof && fromBase64(proof.leaf)
  const path = proof?.path.map((text) => fromBase64(text) ?? new Uint8Array()) ?? []
  const isProven = leaf !== undefined && verifyInclusion(leaf, proof?.index ?? 0, size, path, root)
  context.print(
    { checkpoint, ...proof, verified: isProven },
    `Leaf ${proof?.index} of ${size}: ${proof?.leaf}\n${isProven ? 'Verified' : 'Not verified'} against the checkpoint:\n${checkpoint.trimEnd()}`,
  )
  return isProven ? EXIT.ok : EXIT.found
}
