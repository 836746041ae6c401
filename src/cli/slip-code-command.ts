import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { formatMinor } from '../docs/money.js'
import { NotASlipCode, readSlipCode, verifySlipCode, type SlipCode } from '../docs/slip-code.js'
import { Refused } from '../protocol/problem.js'
import { action, withJson, type Common } from './context.js'
import { EXIT } from './exit.js'

/** Of a currency nothing is known here; two digits are the most common (ISO 4217). */
const MINOR_DIGITS = 2

interface SlipCodeOptions extends Common {
  readonly text: string
  readonly key?: readonly string[]
  readonly export?: string
}

interface Exported {
  readonly number: string
  readonly hash: string
}

/** Reads the code of a slip without any network. */
export function slipCodeCommand(program: Command): void {
  withJson(program.command('slip-code'))
    .description('what the code on a slip says, and whether its terminal signed it')
    .requiredOption('--text <code>', 'what a reader shows of the code')
    .option('--key <public key...>', 'public keys of terminals, one of which must have signed it')
    .option('--export <file.json>', 'an export that must hold this very record under its number')
    .action(
      action(
        async (context, options: SlipCodeOptions) => {
          const code = read(options.text)
          const findings = [
            ...signatureFinding(code, options.key),
            ...(options.export === undefined ? [] : await exportFinding(code, options.export)),
          ]
          const { number, sealedAt, payable, currency, hash } = code
          const isVerified = options.key !== undefined && findings.length === 0
          context.print(
            { number, sealedAt, payable, currency, hash, verified: isVerified, findings },
            [
              `Number:  ${number}`,
              `Sealed:  ${sealedAt}`,
              `Payable: ${formatMinor(payable, MINOR_DIGITS)} ${currency} (${payable} minor units)`,
              `Record:  ${hash}`,
              isVerified ? 'Verified.' : 'Not verified.',
            ].join('\n'),
          )
          if (options.key === undefined)
            context.say('Nothing was verified: name the public key of its terminal with --key.')
          for (const finding of findings) context.say(finding)
          return findings.length > 0 ? EXIT.found : EXIT.ok
        },
        (options) => options,
      ),
    )
}

/** @throws Refused `not-a-slip-code` */
function read(text: string): SlipCode {
  try {
    return readSlipCode(text.trim())
  } catch (error) {
    if (error instanceof NotASlipCode) throw new Refused('invalid', 'not-a-slip-code', error.message)
    throw error
  }
}

function signatureFinding(code: SlipCode, keys: readonly string[] | undefined): string[] {
  if (keys === undefined || keys.some((key) => verifySlipCode(code, key))) return []
  return [`None of the keys given signed the code of ${code.number}.`]
}

async function exportFinding({ number, hash }: SlipCode, file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8')
  let invoices: readonly Exported[]
  try {
    ;({ invoices } = JSON.parse(text) as { invoices: readonly Exported[] })
    if (!Array.isArray(invoices)) throw new Error('it has no list "invoices"')
  } catch (error) {
    throw new Refused('invalid', 'not-an-export', `${file} is no export in JSON: ${(error as Error).message}`)
  }
  const found = invoices.filter((invoice) => invoice.number === number)
  if (found.length === 0) return [`The export does not hold ${number}.`]
  return found.some((invoice) => invoice.hash === hash)
    ? []
    : [`The export holds another record under ${number} than the slip names.`]
}
