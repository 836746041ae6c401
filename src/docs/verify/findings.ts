import type { Finding, Where } from '../generated/types.js'

export type { Finding, Where } from '../generated/types.js'

/** What can be found, and how grave it is: docs/AUDIT.md says of each what it means. */
export const FINDINGS = {
  'malformed-record': 'error',
  misfiled: 'error',
  altered: 'error',
  missing: 'error',
  'out-of-order': 'error',
  doubled: 'error',
  replaced: 'error',
  'wrong-start': 'error',
  'time-backwards': 'error',
  'number-gap': 'error',
  'number-doubled': 'error',
  'wrong-series': 'error',
  arithmetic: 'error',
  tenders: 'error',
  'day-close': 'error',
  'no-key': 'error',
  'untrusted-key': 'warning',
  'malformed-line': 'error',
  'damaged-file': 'error',
  manifest: 'error',
  'file-altered': 'error',
  'file-missing': 'error',
  'file-unlisted': 'error',
  'view-differs': 'error',
  'keys-differ': 'error',
  'misnamed-document': 'error',
  'document-damaged': 'error',
  'document-missing': 'error',
  'record-not-in-document': 'error',
  'record-left-out': 'error',
  'bad-receipt': 'error',
  'receipt-not-met': 'error',
  backdated: 'warning',
  'claimed-later': 'warning',
  'slip-signature': 'error',
  'slip-record': 'error',
  'log-checkpoint': 'error',
  'log-inclusion': 'error',
  'log-consistency': 'error',
} as const satisfies Readonly<Record<string, Finding['severity']>>

export type FindingCode = keyof typeof FINDINGS

/** Still open: where it is about several records, how far it goes is not known before they were read. */
export interface OpenFinding {
  readonly code: FindingCode
  where: Where
  /** From which position on records hang on what was found; undefined where none do. */
  dependsFrom: number | undefined
  readonly sentence: (where: Where) => string
}

/** Far more than anybody reads; a bundle that is wrong throughout must not fill the memory. */
const MOST = 1_000

/** What was found, in the order it was found. */
export class Findings {
  readonly #list: OpenFinding[] = []
  #leftOut = 0
  readonly #ends = new Map<OpenFinding, number>()

  add(
    code: FindingCode,
    where: Where,
    sentence: string | ((where: Where) => string),
    dependsFrom?: number,
  ): OpenFinding {
    const finding: OpenFinding = {
      code,
      where,
      dependsFrom,
      sentence: typeof sentence === 'string' ? () => sentence : sentence,
    }
    if (this.#list.length < MOST) this.#list.push(finding)
    else this.#leftOut += 1
    return finding
  }

  /** Takes one back that turned out to be another one. */
  remove(finding: OpenFinding): void {
    const at = this.#list.indexOf(finding)
    if (at >= 0) this.#list.splice(at, 1)
  }

  /** The chain a finding is about ends at this position. */
  close(finding: OpenFinding, last: number): void {
    this.#ends.set(finding, last)
  }

  get leftOut(): number {
    return this.#leftOut
  }

  get any(): boolean {
    return this.#list.length > 0
  }

  list(): Finding[] {
    return this.#list.map((finding) => {
      const { code, where, dependsFrom, sentence } = finding
      const to = this.#ends.get(finding)
      const depends =
        dependsFrom !== undefined && to !== undefined && dependsFrom <= to
          ? { from: dependsFrom, to }
          : undefined
      return {
        code,
        severity: FINDINGS[code],
        where,
        ...(depends ? { depends } : {}),
        sentence: sentence(where),
      }
    })
  }
}

/** `record 7`, `records 7 to 9`. */
export function records({ position, upTo }: Where): string {
  return upTo === undefined || upTo === position ? `record ${position}` : `records ${position} to ${upTo}`
}
