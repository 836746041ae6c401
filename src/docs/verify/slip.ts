import type { Verdict } from '../generated/types.js'
import type { RecordLine } from '../bundle/record-line.js'
import { digest } from '../canonical.js'
import { parseNumber } from '../series.js'
import { verifySlipCode, type SlipCode } from '../slip-code.js'
import { Findings } from './findings.js'
import type { GivenKeys } from './trust.js'

/** Whether a slip's record is among records, and is the one the slip names. */
export class SlipCheck {
  readonly #code: SlipCode
  #is: 'absent' | 'here' | 'other' = 'absent'

  constructor(code: SlipCode) {
    this.#code = code
  }

  take({ text }: RecordLine): void {
    const { number, hash } = this.#code
    // Hardly any record names the number; a credit note that does is not numbered so.
    if (!text.includes(`"number":"${number}"`) || numberOf(text) !== number) return
    if (digest(text) === hash) this.#is = 'here'
    else if (this.#is === 'absent') this.#is = 'other'
  }

  end(findings: Findings): void {
    const { number } = this.#code
    if (this.#is === 'absent')
      findings.add('slip-record', { number }, `No record here has the slip’s number ${number}.`)
    if (this.#is === 'other')
      findings.add(
        'slip-record',
        { number },
        `The record numbered ${number} is not the one the slip names: it has another hash.`,
      )
  }
}

function numberOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly number?: unknown }).number
  } catch {
    return undefined
  }
}

/** What the code on a slip proves by itself: that its terminal signed number, moment, amount and hash. */
export function verifySlip(code: SlipCode, given: GivenKeys): Verdict {
  const findings = new Findings()
  const key = checkSignature(code, given, findings)
  return {
    v: 1,
    what: 'slip',
    verified: !findings.any,
    keys: key === undefined ? [] : [{ of: signerOf(code), key, trust: 'given' }],
    chains: [],
    records: 0,
    receipts: 0,
    findings: findings.list(),
    leftOut: 0,
    notes: [
      `The code says that ${code.number} of ${code.sealedAt} came to ${code.payable} minor units of ${code.currency}, in the record with the hash ${code.hash}. That record proves the rest.`,
    ],
  }
}

/** @returns the key it was checked with */
export function checkSignature(code: SlipCode, given: GivenKeys, findings: Findings): string | undefined {
  const of = signerOf(code)
  const key = given.terminals.get(of)
  const where = { number: code.number }
  if (key === undefined)
    findings.add(
      'no-key',
      where,
      `The slip’s signature was not verified: no key was given for ${of}. Give it with --key ${of}=<key>.`,
    )
  else if (!verifySlipCode(code, key))
    findings.add(
      'slip-signature',
      where,
      `The code of ${code.number} was not signed by ${of}: it was altered, or made by another.`,
    )
  return key
}

/** Terminal code and epoch. */
function signerOf({ number }: SlipCode): string {
  const series = parseNumber(number)
  return `${series?.code ?? ''}${series?.epoch ?? ''}`
}
