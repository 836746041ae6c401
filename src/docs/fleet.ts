import type * as A from '@automerge/automerge'
import { jsonAt, keyOf, put, type FlatDoc } from './flat.js'
import type { Behind, EpochGiven, Fork, IntakeWindow, Move, Revocation } from './generated/types.js'
import { epochBefore } from './series.js'
import { validate } from './validate.js'

export type { Behind, EpochGiven, Fork, IntakeWindow, Move, Revocation } from './generated/types.js'

/** What can be noted of a terminal, each under a key of its own. */
export interface Notes {
  readonly revoked: Revocation
  readonly intake: IntakeWindow
  readonly fork: Fork
  readonly behind: Behind
  readonly move: Move
}

/** How a terminal stands with its shop, as the shop's document keeps it. */
export interface Standing extends Partial<Notes> {
  /** Why each epoch was given; those of shops founded before this was kept have none. */
  readonly given: ReadonlyMap<string, EpochGiven>
}

const SCHEMAS: Readonly<Record<keyof Notes, string>> = {
  revoked: 'Revocation',
  intake: 'IntakeWindow',
  fork: 'Fork',
  behind: 'Behind',
  move: 'Move',
}

/**
 * @param givenKeys the epochs that were given to it, each with its key
 * @throws InvalidInput when what the document holds is malformed
 */
export function readStanding(
  doc: A.Doc<FlatDoc>,
  terminal: string,
  givenKeys: readonly (readonly [epoch: string, key: string])[],
): Standing {
  const standing: { -readonly [K in keyof Notes]?: Notes[K] } = {}
  for (const field of Object.keys(SCHEMAS) as (keyof Notes)[]) {
    const value = jsonAt(doc, keyOf('terminal', terminal, field))
    if (value === undefined) continue
    validate<never>(`fleet.schema.json#/$defs/${SCHEMAS[field]}`, value, `"${field}" of terminal ${terminal}`)
    standing[field] = value
  }
  const given = new Map<string, EpochGiven>()
  for (const [epoch, key] of givenKeys) {
    const value = jsonAt(doc, key)
    validate<EpochGiven>('fleet.schema.json#/$defs/EpochGiven', value, `"given" of terminal ${terminal}`)
    given.set(epoch, value)
  }
  return { ...standing, given }
}

/** Writes one of them, inside a change. */
export function writeStanding<K extends keyof Notes>(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  terminal: string,
  field: K,
  value: Notes[K],
): void {
  put(draft, before, keyOf('terminal', terminal, field), JSON.stringify(value))
}

export function writeGiven(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  terminal: string,
  epoch: string,
  given: EpochGiven,
): void {
  put(draft, before, keyOf('terminal', terminal, 'given', epoch), JSON.stringify(given))
}

/** Whether the terminal is revoked, and was not reinstated since. */
export function isRevoked({ revoked }: Standing): boolean {
  return revoked !== undefined && revoked.reinstated === undefined
}

/** Whether the key of this epoch opens nothing any more: reinstating does not revive it. */
export function isEpochRevoked({ revoked }: Standing, epoch: string): boolean {
  return revoked !== undefined && !epochBefore(revoked.epoch, epoch)
}

/** Whether a revoked terminal may hand in its day books at this moment. */
export function isIntakeOpen(standing: Standing, now: Date): boolean {
  const { intake } = standing
  return (
    isRevoked(standing) &&
    intake !== undefined &&
    intake.closed === undefined &&
    now.getTime() < Date.parse(intake.until)
  )
}

/** The operator's decision that a terminal leaves the epoch it is in; undefined once it has. */
export function pendingMove({ move, epoch }: Standing & { readonly epoch: string }): Move | undefined {
  return move && !epochBefore(move.epoch, epoch) ? move : undefined
}

/** A later epoch that was given to another directory than one that asks under `asked`, other than by pairing again. */
export function givenElsewhere(
  { given }: Standing,
  epoch: string,
  asked: string | undefined,
): string | undefined {
  for (const [later, { reason, asked: name }] of given) {
    if (!epochBefore(epoch, later) || reason === 'paired') continue
    if (name === undefined || name !== asked) return later
  }
  return undefined
}
