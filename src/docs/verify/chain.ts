import type { ChainVerdict } from '../generated/types.js'
import { digest } from '../canonical.js'
import { sealedFrom, type RecordLine } from '../bundle/record-line.js'
import { CHAIN_START, isSale, MalformedRecord, verifyRecord, type SealedRecord } from '../record.js'
import { faultOfFigures, faultOfTenders } from './arithmetic.js'
import { records, type FindingCode, type Findings, type OpenFinding, type Where } from './findings.js'
import { after, AT_START, faultOfClose, inTheMiddle, unknown, type Fold } from './fold.js'
import { checkNumber, NumbersUsed } from './numbers.js'

/** A record as it was read: with its body where it has one. */
interface Read {
  readonly line: RecordLine
  readonly hash: string
  readonly record: SealedRecord | undefined
  /** Whether bytes, place and signature are what the terminal signed. */
  readonly isSound: boolean
}

/** After these, the chain does not lead back to its beginning any more. */
const BREAKS: ReadonlySet<FindingCode> = new Set([
  'malformed-record',
  'misfiled',
  'altered',
  'doubled',
  'wrong-start',
])

export type ChainSummary = Omit<ChainVerdict, 'receiptedUpTo'>

/**
 * Follows one chain, record by record in the order of positions, holding no more than its last record. Of each kind of
 * finding the first bad record is named, neighbours with the same one are one finding, and what follows is named as what
 * depends on it.
 */
export class ChainCheck {
  readonly #findings: Findings
  readonly #key: string | undefined
  readonly #isWhole: boolean
  readonly #id: Pick<RecordLine, 'code' | 'epoch' | 'terminal'>
  /** By hash, what the chain comes to at the last position, and at the one before: two copies write two lines. */
  #tips = new Map<string, Fold>()
  #below = new Map<string, Fold>()
  /** Whether nothing at the last position is what was sealed: what follows it cannot be held to it. */
  #isTipBad = false
  readonly #runs = new Map<FindingCode, OpenFinding>()
  readonly #open: OpenFinding[] = []
  readonly #numbers = new NumbersUsed()
  #first = 0
  #position = 0
  #count = 0
  #lastHash = ''
  #firstBad = 0

  /**
   * @param key what the terminal signed with in this epoch; undefined where nobody named one
   * @param isWhole whether it has to begin with its first record
   */
  constructor(
    id: Pick<RecordLine, 'code' | 'epoch' | 'terminal'>,
    key: string | undefined,
    isWhole: boolean,
    findings: Findings,
  ) {
    this.#isWhole = isWhole
    this.#id = id
    this.#key = key
    this.#findings = findings
  }

  /** @returns the record, where it has the form of one */
  take(line: RecordLine): SealedRecord | undefined {
    this.#count += 1
    const { position } = line
    const read = this.#read(line)
    if (this.#position === 0) this.#begin(read)
    else if (position < this.#position) {
      this.#tellMisplaced(read)
      return read.record
    } else if (position > this.#position) this.#goOn(read)
    else this.#tellDoubled(read)
    this.#place(read)
    return read.record
  }

  /** @returns what the chain is; its findings are complete then */
  end(): ChainSummary {
    for (const finding of this.#open) this.#findings.close(finding, this.#position)
    const { code, epoch } = this.#id
    return {
      terminal: code,
      epoch,
      first: this.#first,
      last: this.#position,
      hash: this.#lastHash,
      records: this.#count,
      firstBad: this.#firstBad,
    }
  }

  #read(line: RecordLine): Read {
    const hash = digest(line.text)
    let record: SealedRecord
    try {
      record = sealedFrom(line)
    } catch (error) {
      if (!(error instanceof MalformedRecord)) throw error
      const { message } = error
      this.#tell(
        'malformed-record',
        line,
        (where) => `${capital(records(where))} cannot be read. ${message}.`,
      )
      return { line, hash, record: undefined, isSound: false }
    }
    const { chain } = record.body
    const isMisfiled =
      chain.terminal !== line.code || chain.epoch !== line.epoch || chain.position !== line.position
    if (isMisfiled) {
      const own = `record ${chain.position} of ${chain.terminal}${chain.epoch}`
      this.#tell(
        'misfiled',
        line,
        (where) => `What stands as ${records(where)} says itself that it is another: first ${own}.`,
      )
    }
    const isSigned = this.#key === undefined || verifyRecord(record, this.#key)
    if (!isSigned) {
      this.#tell(
        'altered',
        line,
        (where) =>
          `${capital(records(where))} of ${this.#name}: the signature is not this terminal's over what stands there. It was altered, or signed with another key.`,
      )
    }
    return { line, hash, record, isSound: isSigned && !isMisfiled }
  }

  get #name(): string {
    return `${this.#id.code}${this.#id.epoch}`
  }

  #begin({ line, record, isSound }: Read): void {
    this.#first = line.position
    if (line.position > 1) {
      if (this.#isWhole) this.#tellMissing(1, line.position)
      this.#below.set(record?.body.chain.prev ?? '', inTheMiddle(record?.body.chain.prev ?? ''))
      return
    }
    this.#below.set(CHAIN_START, AT_START)
    if (!record || !isSound) return
    const { body } = record
    const isStart = body.type === 'event' && body.event === 'epoch-start' && body.chain.prev === CHAIN_START
    if (!isStart) this.#tell('wrong-start', line, () => `Record 1 of ${this.#name} does not begin its epoch.`)
    else if (this.#key !== undefined && body.detail?.['publicKey'] !== this.#key)
      this.#tell(
        'wrong-start',
        line,
        () => `Record 1 of ${this.#name} begins the epoch with another key than the one it is verified with.`,
      )
  }

  #goOn({ line, record }: Read): void {
    const missing = line.position - this.#position - 1
    if (missing === 0) {
      this.#below = this.#tips
      this.#tips = new Map()
      return
    }
    this.#tellMissing(this.#position + 1, line.position)
    // Whatever was there, numbers and times go on from what was before.
    const [fold = AT_START] = this.#tips.values()
    const prev = record?.body.chain.prev ?? ''
    this.#below = new Map([[prev, { ...unknown(fold), hash: prev }]])
    this.#tips = new Map()
    this.#isTipBad = false
  }

  /** @param next the position of the record that is there again */
  #tellMissing(first: number, next: number): void {
    const where = { ...this.#where(first), ...(next - first > 1 ? { upTo: next - 1 } : {}) }
    const are = next - first > 1 ? 'are' : 'is'
    this.#add('missing', where, (at) => `${capital(records(at))} of ${this.#name} ${are} missing.`, next)
  }

  #tellMisplaced({ line }: Read): void {
    const { position } = line
    const gap = this.#open.find(
      ({ code, where }) =>
        code === 'missing' &&
        (where.position ?? 0) <= position &&
        position <= (where.upTo ?? where.position ?? 0),
    )
    // It was taken for missing until it came.
    if (gap && gap.where.upTo === undefined) {
      this.#findings.remove(gap)
      this.#open.splice(this.#open.indexOf(gap), 1)
    }
    this.#add(
      'out-of-order',
      this.#where(position),
      () =>
        `Record ${position} of ${this.#name} stands after record ${this.#position}: the order was changed.`,
      position + 1,
    )
  }

  #tellDoubled({ line, hash }: Read): void {
    const same = this.#tips.has(hash)
    this.#tell('doubled', line, (where) =>
      same
        ? `${capital(records(where))} of ${this.#name} stands there twice.`
        : `There are two different ${records(where).replace(/^record /, 'records ')} of ${this.#name}: one was inserted, or two directories sealed as this terminal.`,
    )
  }

  /** Holds a record to those before it. */
  #place({ line, hash, record, isSound }: Read): void {
    const prev = record?.body.chain.prev
    const before = prev === undefined ? undefined : this.#below.get(prev)
    const [other = AT_START] = this.#below.values()
    if (record && isSound && !before && !this.#isTipBad && this.#below.size > 0) this.#tellReplaced(line)
    const fold = before ?? unknown(other)
    const isFirstHere = this.#position !== line.position
    const next = record ? this.#with(fold, record, line, isSound) : { ...unknown(fold), hash }
    this.#tips.set(hash, next)
    this.#isTipBad = isFirstHere ? !isSound : this.#isTipBad && !isSound
    this.#position = line.position
    this.#lastHash = hash
  }

  /** The record that was here is the one that the next names, and no other. */
  #tellReplaced({ position }: RecordLine): void {
    this.#add(
      'replaced',
      this.#where(position - 1),
      () =>
        `Record ${position - 1} of ${this.#name} is not the one that record ${position} follows: it was replaced after that one was sealed.`,
      position,
    )
  }

  #with(fold: Fold, record: SealedRecord, line: RecordLine, isSound: boolean): Fold {
    const { body } = record
    if (isSound && body.at < fold.at) {
      this.#tell(
        'time-backwards',
        line,
        (where) =>
          `${capital(records(where))} of ${this.#name} claims ${body.at}, before the record it follows (${fold.at}).`,
      )
    }
    let { sequences } = fold
    if (isSale(body)) {
      const number = checkNumber(fold, body, isSound)
      sequences = number.sequences
      const where = { ...this.#where(line.position), number: body.number }
      const isRepeated = isSound && !this.#tips.has(record.hash) && this.#numbers.take(body)
      const { fault } = number
      if (fault) this.#add(fault.code, where, () => fault.sentence, undefined)
      else if (isRepeated)
        this.#add('number-doubled', where, () => `Number ${body.number} was used twice.`, undefined)
      this.#checkFigures(line, body)
    } else if (body.type === 'day-close' && isSound) {
      const fault = faultOfClose(fold, body)
      if (fault !== undefined)
        this.#tell(
          'day-close',
          line,
          () => `The day close at record ${line.position} of ${this.#name}: ${fault}.`,
        )
    }
    const next = after({ ...fold, sequences }, record)
    return isSound ? next : { ...unknown(next), at: fold.at }
  }

  #checkFigures(line: RecordLine, body: Parameters<typeof faultOfFigures>[0]): void {
    const where = { ...this.#where(line.position), number: body.number }
    const fault = faultOfFigures(body)
    if (fault !== undefined) this.#add('arithmetic', where, () => `${body.number}: ${fault}.`, undefined)
    const wrong = faultOfTenders(body)
    if (wrong !== undefined)
      this.#add('tenders', where, () => `${body.number}: its tenders do not settle it. ${wrong}`, undefined)
  }

  #where(position: number): Where {
    const { code, epoch } = this.#id
    return { terminal: code, epoch, position }
  }

  /** Tells of a record; what its neighbour had as well becomes one finding with that. */
  #tell(code: FindingCode, line: RecordLine, sentence: (where: Where) => string): void {
    const { position, document } = line
    const run = this.#runs.get(code)
    const end = run && (run.where.upTo ?? run.where.position)
    if (run && (end === position || end === position - 1)) {
      if (end !== position) {
        run.where = { ...run.where, upTo: position }
        if (run.dependsFrom !== undefined) run.dependsFrom = position + 1
      }
      return
    }
    const where = { ...this.#where(position), document }
    this.#runs.set(code, this.#add(code, where, sentence, BREAKS.has(code) ? position + 1 : undefined))
  }

  #add(
    code: FindingCode,
    where: Where,
    sentence: (where: Where) => string,
    dependsFrom: number | undefined,
  ): OpenFinding {
    const finding = this.#findings.add(code, where, sentence, dependsFrom)
    this.#open.push(finding)
    const { position } = where
    if (position !== undefined && (this.#firstBad === 0 || position < this.#firstBad))
      this.#firstBad = position
    return finding
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
