import type { Findings } from './findings.js'

/** What a bundle holds of the relay's log. */
export interface LogEvidence {
  /** log/checkpoint: the signed note. */
  readonly checkpoint: string
  /** The lines of log/proofs.ndjson. */
  proofs(): AsyncIterable<string>
  /** log/consistency.json, where there is one. */
  readonly consistency: string | undefined
  /** A checkpoint that whoever verifies saw earlier; undefined where there is none. */
  readonly older: string | undefined
}

/**
 * The log's own checks: signature and form of the checkpoint, inclusion of each receipt and day close, consistency with an
 * earlier checkpoint.
 * @returns what it could not check, in sentences
 */
export type LogChecks = (
  evidence: LogEvidence,
  relay: { readonly id: string; readonly key: string },
  findings: Findings,
) => Promise<string[]>

/** Undefined as long as the log is not there to be checked: the verifier then says so. */
export const LOG_CHECKS: LogChecks | undefined = undefined as LogChecks | undefined
