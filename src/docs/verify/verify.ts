import type { Finding, Verdict } from '../generated/types.js'
import { canonicalJson, digest } from '../canonical.js'
import { documentId, type DocumentName } from '../naming.js'
import type { DayBookName, RecordLine } from '../bundle/record-line.js'
import { validate } from '../validate.js'
import { ChainCheck, type ChainSummary } from './chain.js'
import { CustodyCheck } from './custody.js'
import type { Evidence } from './evidence.js'
import type { Findings } from './findings.js'
import { LOG_ARITHMETIC, LogCheck } from './log.js'
import { ReceiptCheck } from './receipts.js'
import { Trust, type GivenKeys } from './trust.js'

export type { Verdict } from '../generated/types.js'

/**
 * Verifies records, receipts and day books against the keys given. Holds one record and one day book at a time, and of
 * each record its hash until its day book was read.
 * @param findings may hold some already, of how the evidence lies there
 * @param progress told of every record read
 */
export async function verify(
  evidence: Evidence,
  given: GivenKeys,
  findings: Findings,
  progress: (records: number) => void = () => undefined,
): Promise<Verdict> {
  const trust = new Trust(given, evidence.keys, evidence.isVouched)
  const relayKey = trust.relayKey()
  const notes: string[] = []
  const names = checkedNames(evidence, findings)

  const receipts = new ReceiptCheck(relayKey, findings)
  let line = 0
  const log = evidence.log && new LogCheck(evidence.log, LOG_ARITHMETIC)
  for await (const value of evidence.receipts(findings)) {
    const receipt = receipts.take(value, (line += 1))
    if (receipt) log?.receipt(receipt)
  }
  if (relayKey === undefined && receipts.count > 0)
    notes.push('No receipt was verified: the relay’s key is not known. Give it with --key relay=<key>.')

  const custody = new CustodyCheck(receipts, findings)
  const chains = await checkChains({ evidence, trust, custody, log, findings, progress })
  for await (const { id, saved } of evidence.documents(findings)) {
    const name = names.get(id)
    if (name?.kind === 'daybook') custody.document(id, name, saved, evidence.isLoose)
    else if (!evidence.names.has(id))
      findings.add(
        'misnamed-document',
        { document: id },
        `Document ${id} has no name: what it is cannot be told.`,
      )
  }
  custody.end(
    (id) => names.get(id),
    (name) => isWanted(evidence, name),
  )
  notes.push(...(await checkLog(evidence, log, relayKey, custody, findings)))

  const keys = trust.end(findings)
  const list = findings.list()
  const verdicts = chains.map((chain) => ({
    ...chain,
    receiptedUpTo: Math.min(custody.coveredUpTo(chain.terminal, chain.epoch), chain.last),
    firstBad: firstBad(chain, list),
  }))
  notes.push(...notesOn(evidence, verdicts))
  return {
    v: 1,
    what: evidence.what,
    verified: !findings.any,
    keys,
    chains: verdicts,
    records: chains.reduce((sum, { records }) => sum + records, 0),
    receipts: receipts.count,
    findings: list,
    leftOut: findings.leftOut,
    notes,
  }
}

function isWanted({ from, to, shops }: Evidence, { day, shop }: DayBookName): boolean {
  return (
    (from === null || day >= from) && (to === null || day <= to) && (shops === undefined || shops.has(shop))
  )
}

/** Names whose ids are theirs: an id names its owner, so that one book cannot stand for another. */
function checkedNames({ organisation, names }: Evidence, findings: Findings): Map<string, DocumentName> {
  const checked = new Map<string, DocumentName>()
  for (const [id, name] of names) {
    if (organisation === undefined || documentId(organisation, name) === id) checked.set(id, name)
    else
      findings.add(
        'misnamed-document',
        { document: id },
        `Document ${id} is called ${canonicalJson(name)}, which has another id.`,
      )
  }
  return checked
}

interface ChainsToCheck {
  readonly evidence: Evidence
  readonly trust: Trust
  readonly custody: CustodyCheck
  readonly log: LogCheck | undefined
  readonly findings: Findings
  readonly progress: (records: number) => void
}

async function checkChains({
  evidence,
  trust,
  custody,
  log,
  findings,
  progress,
}: ChainsToCheck): Promise<ChainSummary[]> {
  const chains: ChainSummary[] = []
  const seen = new Set<string>()
  let current: { readonly of: string; readonly check: ChainCheck } | undefined
  let count = 0
  for await (const line of evidence.records(findings)) {
    const of = `${line.code}${line.epoch}`
    if (current?.of !== of) {
      if (current) chains.push(current.check.end())
      if (seen.has(of)) {
        const where = { terminal: line.code, epoch: line.epoch, position: line.position }
        findings.add('out-of-order', where, `Records of ${of} stand in two places: chains were mixed.`)
      }
      seen.add(of)
      current = { of, check: new ChainCheck(line, keyFor(line, trust, findings), evidence.isWhole, findings) }
    }
    const record = current.check.take(line)
    const hash = digest(line.text)
    custody.record(line.document, hash, line.position)
    if (record?.body.type === 'day-close') log?.dayClose(line, hash)
    progress((count += 1))
  }
  if (current) chains.push(current.check.end())
  return chains
}

function keyFor({ code, epoch, terminal }: RecordLine, trust: Trust, findings: Findings): string | undefined {
  const key = trust.terminalKey(code, epoch)
  if (key === undefined)
    findings.add(
      'no-key',
      { terminal: code, epoch },
      `No key is known for ${code}${epoch} (${terminal}): its signatures were not checked. Give it with --key ${code}${epoch}=<key>.`,
    )
  return key
}

async function checkLog(
  { log: given, keys }: Evidence,
  log: LogCheck | undefined,
  key: string | undefined,
  custody: CustodyCheck,
  findings: Findings,
): Promise<string[]> {
  if (!given || !log)
    return [
      'There is no proof from the relay’s log: a relay that shows one history here and another elsewhere was not looked for.',
    ]
  if (!keys.relay || key === undefined)
    return ['The proofs from the relay’s log were not checked: the relay’s key is not known.']
  return log.end(keys.relay.id, key, (code, epoch) => custody.coveredUpTo(code, epoch), findings)
}

/** The lowest position that anything was found about; 0 for none. */
function firstBad({ terminal, epoch, firstBad: own }: ChainSummary, findings: readonly Finding[]): number {
  const positions = findings
    .filter(({ where }) => where.terminal === terminal && where.epoch === epoch)
    .map(({ where }) => where.position ?? Infinity)
  const first = Math.min(own === 0 ? Infinity : own, ...positions)
  return first === Infinity ? 0 : first
}

/** What the reader has to know to weigh the verdict. */
function notesOn({ what, from, to, keys }: Evidence, chains: Verdict['chains']): string[] {
  const notes: string[] = []
  if (from !== null || to !== null)
    notes.push(
      `Only business days ${from === null ? '' : `from ${from} `}${to === null ? '' : `to ${to} `}are here.`,
    )
  const here = new Set(chains.map(({ terminal, epoch }) => `${terminal}${epoch}`))
  const silent = keys.terminals.map(({ code, epoch }) => `${code}${epoch}`).filter((of) => !here.has(of))
  if (what !== 'terminal' && silent.length > 0)
    notes.push(
      `${silent.join(', ')}: a key is known and no record is here. Nothing was sealed with it, or all of it was left out.`,
    )
  for (const { terminal, epoch, first, last, receiptedUpTo } of chains) {
    const name = `${terminal}${epoch}`
    if (first > 1)
      notes.push(`${name} begins with record ${first}: what came before is not here and was not checked.`)
    if (receiptedUpTo < last)
      notes.push(
        `${name}: no receipt here covers the records after ${receiptedUpTo}. That more of them followed and were cut off could not be found.`,
      )
  }
  return notes
}

/** @throws InvalidInput */
export function asRecordLine(value: unknown): RecordLine {
  validate<RecordLine>('export-bundle.schema.json#/$defs/RecordLine', value, 'line of the records')
  return value
}
