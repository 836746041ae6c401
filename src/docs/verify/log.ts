import type { CustodyReceipt } from '../generated/types.js'
import type { RecordLine } from '../bundle/record-line.js'
import { readCheckpoint } from '../checkpoint.js'
import { entryHash, receiptEntry, type LogEntry } from '../log-entry.js'
import { HASH_BYTES, verifyConsistency, verifyInclusion } from '../merkle.js'
import { fromBase64 } from '../signed-note.js'
import type { Findings, Where } from './findings.js'

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

interface Checkpoint {
  readonly size: number
  readonly root: Uint8Array
}

/** The log's own code, as far as it is needed here. Hashes have 32 bytes. */
export interface LogArithmetic {
  /** @throws what says why the note is no checkpoint that this relay signed with this key */
  readCheckpoint(note: string, relay: string, relayKey: string): Checkpoint
  verifyInclusion(
    leaf: Uint8Array,
    index: number,
    size: number,
    path: readonly Uint8Array[],
    root: Uint8Array,
  ): boolean
  verifyConsistency(
    from: number,
    to: number,
    path: readonly Uint8Array[],
    fromRoot: Uint8Array,
    toRoot: Uint8Array,
  ): boolean
}

/** As the relay makes its log. */
export const LOG_ARITHMETIC: LogArithmetic = { readCheckpoint, verifyInclusion, verifyConsistency }

const CHECKPOINT = 'log/checkpoint'
const PROOFS = 'log/proofs.ndjson'
const CONSISTENCY = 'log/consistency.json'

/**
 * What has to be in the log: each receipt and each day close that is verified. Of each only the hash of its leaf is held.
 */
export class LogCheck {
  readonly #evidence: LogEvidence
  readonly #arithmetic: LogArithmetic
  readonly #leaves = new Map<string, { readonly where: Where; readonly what: string }>()

  constructor(evidence: LogEvidence, arithmetic: LogArithmetic) {
    this.#evidence = evidence
    this.#arithmetic = arithmetic
  }

  receipt(receipt: CustodyReceipt): void {
    const what = `Receipt ${receipt.body.serial}`
    this.#leaves.set(keyOf(receiptEntry(receipt)), { where: { file: PROOFS }, what })
  }

  dayClose({ terminal, code, epoch, position }: RecordLine, hash: string): void {
    this.#leaves.set(keyOf({ v: 1, type: 'day-close', terminal, code, epoch, position, hash }), {
      where: { terminal: code, epoch, position },
      what: `The day close at record ${position} of ${code}${epoch}`,
    })
  }

  /**
   * @param coveredUpTo the last position of a chain that a receipt covers: what the relay has not vouched for is owed no proof
   * @returns what was not checked, in sentences
   */
  async end(
    relay: string,
    key: string,
    coveredUpTo: (code: string, epoch: string) => number,
    findings: Findings,
  ): Promise<string[]> {
    const checkpoint = this.#read(this.#evidence.checkpoint, relay, key, findings)
    if (!checkpoint) return []
    await this.#checkInclusion(checkpoint, findings)
    const isOwed = ({ terminal, epoch, position }: Where): boolean =>
      terminal === undefined || (position ?? 0) <= coveredUpTo(terminal, epoch ?? '')
    const missing = [...this.#leaves.values()]
    const owed = missing.filter(({ where }) => isOwed(where))
    for (const { where, what } of owed)
      findings.add(
        'log-inclusion',
        where,
        `${what} is not proven to be in the relay’s log of ${checkpoint.size} entries.`,
      )
    const later = missing.length - owed.length
    const note = `${later} day closes that no receipt covers yet are not in the relay’s log of ${checkpoint.size} entries.`
    return [...(later === 0 ? [] : [note]), ...this.#checkConsistency(checkpoint, relay, key, findings)]
  }

  #read(note: string, relay: string, key: string, findings: Findings): Checkpoint | undefined {
    try {
      return this.#arithmetic.readCheckpoint(note, relay, key)
    } catch (error) {
      findings.add('log-checkpoint', { file: CHECKPOINT }, (error as Error).message)
      return undefined
    }
  }

  async #checkInclusion({ size, root }: Checkpoint, findings: Findings): Promise<void> {
    let number = 0
    for await (const line of this.#evidence.proofs()) {
      number += 1
      const { leaf: hash, index, path: hashes } = membersOf(line)
      const [leaf, path] = [bytesOf(hash), pathOf(hashes)]
      if (leaf && path && this.#arithmetic.verifyInclusion(leaf, Number(index), size, path, root))
        this.#leaves.delete(leaf.toString('base64'))
      else
        findings.add(
          'log-inclusion',
          { file: PROOFS },
          `The proof in line ${number} does not lead to the checkpoint.`,
        )
    }
  }

  #checkConsistency(newer: Checkpoint, relay: string, key: string, findings: Findings): string[] {
    const { older: note, consistency } = this.#evidence
    if (note === undefined)
      return [
        'No checkpoint seen earlier was given (--checkpoint): that the log was written anew since then was not looked for.',
      ]
    const older = this.#read(note, relay, key, findings)
    if (!older) return []
    const path = pathOf(consistency === undefined ? [] : membersOf(consistency)['path'])
    const holds =
      path && this.#arithmetic.verifyConsistency(older.size, newer.size, path, older.root, newer.root)
    if (!holds)
      findings.add(
        'log-consistency',
        { file: CONSISTENCY },
        newer.size < older.size
          ? `The log has ${newer.size} entries and had ${older.size} when the checkpoint given was signed: it was cut, or comes from a backup.`
          : `It is not shown that the log of ${newer.size} entries continues the one of ${older.size} in the checkpoint given: the relay shows another history, or the bundle was made without that checkpoint.`,
      )
    return []
  }
}

/** The hash of an entry's leaf, as proofs spell it. */
function keyOf(entry: LogEntry): string {
  return Buffer.from(entryHash(entry)).toString('base64')
}

/** The members of a JSON object; none of what is no object. */
function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** A hash in base64 (RFC 4648 §4). */
function bytesOf(text: unknown): Buffer | undefined {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined
  return bytes?.length === HASH_BYTES ? bytes : undefined
}

function pathOf(path: unknown): Buffer[] | undefined {
  if (!Array.isArray(path)) return undefined
  const hashes = path.map(bytesOf)
  return hashes.every((hash) => hash !== undefined) ? hashes : undefined
}
