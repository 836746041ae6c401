import { InvalidArgumentError, type Command } from 'commander'
import type { Finding, Verdict } from '../docs/generated/types.js'
import { fromBase64Url } from '../docs/keys.js'
import { NotASlipCode, readSlipCode, type SlipCode } from '../docs/slip-code.js'
import { Findings } from '../docs/verify/findings.js'
import { verifySlip } from '../docs/verify/slip.js'
import type { GivenKeys } from '../docs/verify/trust.js'
import { Refused } from '../protocol/problem.js'
import { action, withJson, type CommandContext, type Common } from './context.js'
import { EXIT } from './exit.js'
import { readText } from './input-file.js'
import { outside } from './outside.js'

interface VerifyCommandOptions extends Common {
  readonly key?: GivenKeys
  readonly checkpoint?: string
  readonly slip?: string
}

/** Verifies offline, with the keys given and no others. */
export function verifyCommand(program: Command): void {
  withJson(program.command('verify'))
    .description(
      'hashes, chains, signatures, numbers, sums, taxes, receipts: whether anything was altered; offline, with the keys given and no others; exit 6 where something was found',
    )
    .argument(
      '<what>',
      'an export bundle, packed or not, the bundle of a handoff, a data directory, or the text of a slip’s code',
    )
    .option(
      '--key <who=key>',
      'a public key to trust: relay=<key>, or <terminal code><epoch>=<key>',
      keyOption,
    )
    .option('--slip <code>', 'what a reader shows of the code on a slip: its record must be there')
    .option('--checkpoint <file>', 'a checkpoint of the relay’s log that was seen earlier')
    .action(
      action(
        async (context, what: string, options: VerifyCommandOptions) => {
          const given = options.key ?? { terminals: new Map() }
          const verdict = await verdictOn(what, given, options, context)
          context.print(verdict, textOf(verdict))
          return verdict.verified ? EXIT.ok : EXIT.found
        },
        (_what, options) => options,
      ),
    )
}

async function verdictOn(
  what: string,
  given: GivenKeys,
  { checkpoint, slip: text }: VerifyCommandOptions,
  { progress }: CommandContext,
): Promise<Verdict> {
  if (what.startsWith('CF1*')) return verifySlip(slipOf(what), given)
  const older = checkpoint === undefined ? undefined : await readText(checkpoint)
  const { verifyPath } = await import('../evidence/open.js')
  const findings = new Findings()
  const slip = text === undefined ? undefined : slipOf(text)
  return verifyPath(what, { given, findings, progress, disk: outside.disk, older, slip })
}

/** @throws Refused `not-a-slip-code` */
function slipOf(text: string): SlipCode {
  try {
    return readSlipCode(text.trim())
  } catch (error) {
    if (error instanceof NotASlipCode) throw new Refused('invalid', 'not-a-slip-code', error.message)
    throw error
  }
}

const KEY = /^(relay|[A-Z][A-Z0-9]?[0-9][A-Z]{1,2})=([A-Za-z0-9_-]{43})$/

function keyOption(text: string, before: GivenKeys = { terminals: new Map() }): GivenKeys {
  const [, who = '', key = ''] = KEY.exec(text) ?? []
  if (who === '' || fromBase64Url(key)?.length !== 32)
    throw new InvalidArgumentError(
      'It is relay=<key> or <terminal code><epoch>=<key>, such as T07A=<key>, with a public key of 43 characters.',
    )
  return who === 'relay'
    ? { ...before, relay: key }
    : { ...before, terminals: new Map([...before.terminals, [who, key]]) }
}

function textOf(verdict: Verdict): string {
  const { chains, findings, keys, leftOut, notes, records, receipts, verified } = verdict
  return [
    ...chains.map(
      ({ terminal, epoch, first, last, firstBad }) =>
        `${terminal}${epoch}: records ${first} to ${last}${firstBad === 0 ? '' : `; the first bad one is ${firstBad}`}`,
    ),
    `${records} records, ${receipts} receipts.`,
    ...keys.map(({ of, key, trust }) => `Key of ${of}: ${key} (${trust})`),
    ...findings.map(line),
    ...(leftOut > 0 ? [`And ${leftOut} more.`] : []),
    ...notes.map((note) => `Note: ${note}`),
    verified ? 'Verified: nothing was found.' : `Not verified: ${findings.length + leftOut} findings.`,
  ].join('\n')
}

function line({ code, severity, sentence, depends }: Finding): string {
  const on = depends ? ` Records ${depends.from} to ${depends.to} depend on it.` : ''
  return `${severity} ${code}: ${sentence}${on}`
}
