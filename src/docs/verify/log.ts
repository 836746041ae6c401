import { createHash } from 'node:crypto'
import type { CustodyReceipt } from '../generated/types.js'
import type { RecordLine } from '../bundle/record-line.js'
import { canonicalJson } from '../canonical.js'
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

/** Undefined as long as that code is not there: the verifier then says that it did not look. */
export const LOG_ARITHMETIC = undefined as LogArithmetic | undefined

const CHECKPOINT = 'log/checkpoint'
const PROOFS = 'log/proofs.ndjson'
const CONSISTENCY = 'log/consistency.json'
const LEAF = Uint8Array.of(0)

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
    this.#leaves.set(receiptLeaf(receipt), {
      where: { file: PROOFS },
      what: `Receipt ${receipt.body.serial}`,
    })
  }

  dayClose(line: RecordLine, hash: string): void {
    const { code, epoch, position } = line
    const what = `The day close at record ${position} of ${code}${epoch}`
    this.#leaves.set(dayCloseLeaf(line, hash), { where: { terminal: code, epoch, position }, what })
  }

  /** @returns what was not checked, in sentences */
  async end(relay: string, key: string, findings: Findings): Promise<string[]> {
    const checkpoint = this.#read(this.#evidence.checkpoint, relay, key, findings)
    if (!checkpoint) return []
    await this.#checkInclusion(checkpoint, findings)
    for (const { where, what } of this.#leaves.values())
      findings.add(
        'log-inclusion',
        where,
        `${what} is not proven to be in the relay’s log of ${checkpoint.size} entries.`,
      )
    return this.#checkConsistency(checkpoint, relay, key, findings)
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

/** The hash of a receipt's leaf, base64. */
export function receiptLeaf({ body, signature }: CustodyReceipt): string {
  return leafHash({ v: 1, type: 'custody-receipt', receipt: { body, signature } })
}

/**
 * The hash of a day close's leaf, base64.
 * @param hash of the record
 */
export function dayCloseLeaf(
  line: Pick<RecordLine, 'terminal' | 'code' | 'epoch' | 'position'>,
  hash: string,
): string {
  const { terminal, code, epoch, position } = line
  return leafHash({ v: 1, type: 'day-close', terminal, code, epoch, position, hash })
}

function leafHash(leaf: object): string {
  return createHash('sha256').update(LEAF).update(canonicalJson(leaf)).digest('base64')
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

/** 32 bytes in base64 (RFC 4648 §4). */
function bytesOf(text: unknown): Buffer | undefined {
  if (typeof text !== 'string') return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.toString('base64') === text ? bytes : undefined
}

function pathOf(path: unknown): Buffer[] | undefined {
  if (!Array.isArray(path)) return undefined
  const hashes = path.map(bytesOf)
  return hashes.every((hash) => hash !== undefined) ? hashes : undefined
}
