import type { Verdict } from '../generated/types.js'
import { parseNumber } from '../series.js'
import { verifySlipCode, type SlipCode } from '../slip-code.js'
import { Findings } from './findings.js'
import type { GivenKeys } from './trust.js'

/** What the code on a slip proves by itself: that its terminal signed number, moment, amount and hash. */
export function verifySlip(code: SlipCode, given: GivenKeys): Verdict {
  const findings = new Findings()
  const series = parseNumber(code.number)
  const of = `${series?.code ?? ''}${series?.epoch ?? ''}`
  const key = given.terminals.get(of)
  const where = { number: code.number }
  if (key === undefined)
    findings.add(
      'no-key',
      where,
      `Nothing was verified: no key was given for ${of}. Give it with --key ${of}=<key>.`,
    )
  else if (!verifySlipCode(code, key))
    findings.add(
      'slip-signature',
      where,
      `The code of ${code.number} was not signed by ${of}: it was altered, or made by another.`,
    )
  return {
    v: 1,
    what: 'slip',
    verified: !findings.any,
    keys: key === undefined ? [] : [{ of, key, trust: 'given' }],
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
