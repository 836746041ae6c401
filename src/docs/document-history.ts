import type { DecodedChange } from '@automerge/automerge'
import { readNote, type ChangeNote } from './change-note.js'
import { didSeal, recordIn, shown, summaryOf, type Shown } from './describe.js'
import { positionOf } from './daybook.js'
import { valueOf } from './history.js'
import { isSale, type RecordBody } from './record.js'

/** What a sealed record says of itself, as far as history asks for it. */
export interface SealedFacts {
  readonly type: string
  readonly did: string
  readonly at: string
  readonly by: string
  readonly number?: string
  readonly bill?: string
  /** Number of the invoice that a credit note names. */
  readonly corrects?: string
  /** Minor units. */
  readonly payable?: number
  readonly currency?: string
}

/** One value that a change wrote or took away. */
export interface KeptEdit {
  readonly key: string
  /** Names the value: `<counter>@<actor>`. */
  readonly op: string
  /** The values that its author had before and that it replaced. */
  readonly pred: readonly string[]
  /** Absent where it took the value away. */
  readonly value?: Shown
  readonly sealed?: SealedFacts
}

/** One change as history keeps it: everything it shows, and nothing that has to be read again. */
export interface KeptChange {
  readonly hash: string
  readonly deps: readonly string[]
  /** As its writer claims, milliseconds since 1970. */
  readonly at: number
  readonly note: ChangeNote
  readonly edits: readonly KeptEdit[]
}

/** An edit's place: which change, and which of its edits. */
export interface Place {
  readonly change: number
  readonly edit: number
}

/** The kept history of a document does not fit: it is to be made anew. */
export class HistoryBroken extends Error {
  constructor(reason: string) {
    super(`The kept history of a document cannot be used: ${reason}`)
    this.name = 'HistoryBroken'
  }
}

/**
 * The history of one document by itself: each change it ever had, in an order in which each comes after those it
 * depends on, and where each key was written. No document is needed for it, and none to ask it.
 */
export class DocumentHistory {
  readonly #changes: KeptChange[] = []
  readonly #deps: (readonly number[])[] = []
  readonly #at = new Map<string, number>()
  readonly #heads = new Set<string>()
  readonly #keys = new Map<string, Place[]>()
  readonly #values = new Map<string, Shown>()
  #characters = 0

  /** What was kept of earlier changes. @throws HistoryBroken */
  restore(kept: unknown): void {
    if (!isKept(kept)) throw new HistoryBroken('an entry is no change')
    this.#add(kept)
  }

  /**
   * The next change; one that is here already is passed over.
   * @returns what is to be kept of it
   * @throws HistoryBroken where it depends on one that is not here
   */
  take(change: DecodedChange): KeptChange | undefined {
    if (this.#at.has(change.hash ?? '')) return undefined
    const kept = keptOf(change)
    this.#add(kept)
    return kept
  }

  #add(kept: KeptChange): void {
    const index = this.#changes.length
    const deps = kept.deps.map((hash) => {
      const at = this.#at.get(hash)
      if (at === undefined) throw new HistoryBroken('a change depends on one that is not there')
      return at
    })
    if (this.#at.has(kept.hash)) throw new HistoryBroken('a change is there twice')
    this.#changes.push(kept)
    this.#deps.push(deps)
    this.#at.set(kept.hash, index)
    for (const hash of kept.deps) this.#heads.delete(hash)
    this.#heads.add(kept.hash)
    kept.edits.forEach(({ key, op, value }, edit) => {
      const places = this.#keys.get(key)
      if (places) places.push({ change: index, edit })
      else this.#keys.set(key, [{ change: index, edit }])
      if (value !== undefined) this.#values.set(op, value)
      this.#characters += key.length + op.length + String(value).length + 200
    })
    this.#characters += 300
  }

  get length(): number {
    return this.#changes.length
  }

  /** Sorted. */
  get heads(): readonly string[] {
    return [...this.#heads].sort()
  }

  /** About how many bytes of memory it takes. */
  get bytes(): number {
    return 2 * this.#characters
  }

  has(hash: string): boolean {
    return this.#at.has(hash)
  }

  indexOf(hash: string): number | undefined {
    return this.#at.get(hash)
  }

  /** @throws RangeError */
  at(index: number): KeptChange {
    const change = this.#changes[index]
    if (!change) throw new RangeError(`There is no change ${index}`)
    return change
  }

  /** Indices of the changes that a change depends on; all of them are smaller. */
  depsOf(index: number): readonly number[] {
    return this.#deps[index] ?? []
  }

  keys(): Iterable<string> {
    return this.#keys.keys()
  }

  hasKey(key: string): boolean {
    return this.#keys.has(key)
  }

  /** Where a key was written, in the order of the changes. */
  placesOf(key: string): readonly Place[] {
    return this.#keys.get(key) ?? []
  }

  editAt({ change, edit }: Place): KeptEdit {
    const found = this.at(change).edits[edit]
    if (!found) throw new RangeError(`Change ${change} has no edit ${edit}`)
    return found
  }

  /**
   * What stood there before, and after. To settle a conflict on the value that is shown, Automerge only takes the others
   * away: what is left is the new value then.
   */
  oldAndNew(place: Place): { readonly old: readonly Shown[]; readonly new: Shown | undefined } {
    const { key, pred, value } = this.editAt(place)
    const old = pred.map((op) => this.#values.get(op)).filter((one) => one !== undefined)
    if (value !== undefined) return { old, new: value }
    const kept = this.#leftBy(place, key, pred)
    return kept === undefined ? { old, new: undefined } : { old: [...old, kept], new: kept }
  }

  /** A value of the key that the author of a removal had seen, and that neither the removal nor anything before it replaced. */
  #leftBy({ change, edit }: Place, key: string, pred: readonly string[]): Shown | undefined {
    const places = this.placesOf(key).filter((one) => one.change < change)
    if (places.length <= pred.length) return undefined
    const seen = this.closure(this.depsOf(change))
    const own = this.at(change).edits[edit]
    const gone = new Set(own?.pred)
    const before = places.filter((one) => seen[one.change] === 1)
    for (const one of before) for (const op of this.editAt(one).pred) gone.add(op)
    const left = before
      .map((one) => this.editAt(one))
      .findLast(({ op, value }) => value !== undefined && !gone.has(op))
    return left?.value
  }

  /** Marks, by index, these changes and all that they depend on. */
  closure(roots: Iterable<number>, marks = new Uint8Array(this.length)): Uint8Array {
    const queue = [...roots]
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      if (marks[index] === 1) continue
      marks[index] = 1
      queue.push(...this.depsOf(index))
    }
    return marks
  }

  /** Indices of those hashes that are here. */
  indicesOf(hashes: Iterable<string>): number[] {
    const found: number[] = []
    for (const hash of hashes) {
      const index = this.#at.get(hash)
      if (index !== undefined) found.push(index)
    }
    return found
  }

  /**
   * The values a key has among some of the changes, the one that is shown first: more than one where it was written apart
   * and nobody had settled it.
   */
  valuesOf(key: string, isKnown: (place: Place) => boolean): Place[] {
    const known = this.placesOf(key).filter(isKnown)
    const gone = new Set(known.flatMap((place) => this.editAt(place).pred))
    return known
      .filter((place) => {
        const { op, value } = this.editAt(place)
        return value !== undefined && !gone.has(op)
      })
      .sort((a, b) => laterFirst(this.editAt(a).op, this.editAt(b).op))
  }
}

/** As Automerge decides which value is shown: the higher counter, then the greater actor. */
function laterFirst(a: string, b: string): number {
  const [counterA = '', actorA = ''] = a.split('@', 2)
  const [counterB = '', actorB = ''] = b.split('@', 2)
  return Number(counterB) - Number(counterA) || (actorA < actorB ? 1 : -1)
}

function isKept(value: unknown): value is KeptChange {
  if (typeof value !== 'object' || value === null) return false
  const { hash, deps, at, edits } = value as Partial<KeptChange>
  return typeof hash === 'string' && Array.isArray(deps) && typeof at === 'number' && Array.isArray(edits)
}

function keptOf(change: DecodedChange): KeptChange {
  const edits: KeptEdit[] = []
  change.ops.forEach((op, index) => {
    if (op.obj !== '_root') return
    const { key } = op
    const id = `${change.startOp + index}@${change.actor}`
    // What a change writes and replaces by itself nobody ever saw: to settle a conflict, `put` does that.
    const own = edits.findIndex((edit) => op.pred.includes(edit.op))
    const passing = own < 0 ? undefined : edits.splice(own, 1)[0]
    const pred = passing
      ? [...passing.pred, ...op.pred.filter((one) => one !== passing.op && !passing.pred.includes(one))]
      : op.pred
    if (op.action === 'del') {
      const same = edits.findIndex((edit) => edit.key === key && edit.value === undefined)
      const before = same < 0 ? undefined : edits.splice(same, 1)[0]
      edits.push({ key, op: id, pred: [...(before?.pred ?? []), ...pred] })
      return
    }
    const value = valueOf(op)
    const record = positionOf(key) === undefined ? undefined : recordIn(value)
    if (record) edits.push({ key, op: id, pred, value: summaryOf(record), sealed: factsOf(record.body) })
    else edits.push({ key, op: id, pred, value: shown(key, value) })
  })
  const note = readNote(change.message)
  return { hash: change.hash ?? '', deps: change.deps, at: change.time * 1000, note, edits }
}

function factsOf(body: RecordBody): SealedFacts {
  const facts = { type: body.type, did: didSeal(body), at: body.at, by: body.by }
  if (!isSale(body)) return facts
  const corrects =
    body.type === 'credit-note' && 'number' in body.corrects ? { corrects: body.corrects.number } : {}
  return {
    ...facts,
    number: body.number,
    ...(body.bill === undefined ? {} : { bill: body.bill }),
    ...corrects,
    payable: body.totals.payable,
    currency: body.policy.currency,
  }
}
