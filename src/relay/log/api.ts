import type { Request } from 'express'
import {
  BadCheckpoint,
  cosignerName,
  countersignedAt,
  readCheckpoint,
  type SeenCheckpoint,
} from '../../docs/checkpoint.js'
import type {
  Countersignature,
  Countersigned,
  CountersignatureList,
  CountersignRequest,
  LogConsistency,
  LogEntries,
  LogInclusion,
  LogInclusions,
  LogView,
} from '../../docs/generated/types.js'
import { HASH_BYTES, sameHash } from '../../docs/merkle.js'
import { bodyOf, queryOf } from '../../protocol/http.js'
import { Refused } from '../../protocol/problem.js'
import { notForIntake } from '../fleet.js'
import type { Relay } from '../relay.js'
import type { Routes } from '../routes.js'
import type { Identity } from '../sessions.js'
import type { Inclusion } from './relay-log.js'

/** Receipts in one request. */
const SERIALS_AT_ONCE = 100
const ENTRIES_AT_ONCE = 1_000
/** Others of the shop whose countersigned checkpoints a terminal is shown with each newest one. */
const OTHERS_SHOWN = 4

const SCHEMA = 'log.schema.json#/$defs/'

/** What terminals and auditors may ask of the relay's log. */
export function logApi(routes: Routes, relay: Relay): void {
  const { merkleLog } = relay

  routes.on('logView', async (request, response, { identity }) => {
    notForIntake(identity)
    const from = countOf(request, 'from') ?? 0
    // What was countersigned is read first: each of these is of a smaller log, or of this one.
    const others = othersOf(relay, identity)
    const checkpoint = await merkleLog.checkpoint()
    const countersigned: Countersigned[] = []
    for (const { terminal, note, size } of others) {
      if (size > checkpoint.size) continue
      countersigned.push({ terminal, note, consistency: await consistency(relay, size, checkpoint) })
    }
    const answer: LogView = {
      checkpoint: checkpoint.note,
      consistency: from > checkpoint.size ? [] : await consistency(relay, from, checkpoint),
      countersigned,
    }
    response.json(answer)
  })

  routes.on('logReceipts', async (request, response, { identity }) => {
    notForIntake(identity)
    const serials = serialsOf(request)
    const size = countOf(request, 'size') ?? (await merkleLog.checkpoint()).size
    const tree = await merkleLog.tree(size)
    if (!tree) throw shorter(size, merkleLog)
    const proofs: LogInclusion[] = []
    for (const serial of serials) {
      const index = await merkleLog.indexOfReceipt(serial, size)
      if (index !== undefined) proofs.push({ serial, ...inText(await merkleLog.inclusion(index, tree)) })
    }
    const answer: LogInclusions = { size, proofs }
    response.json(answer)
  })

  routes.on('logCountersign', async (request, response, { identity }) => {
    notForIntake(identity)
    const { note } = bodyOf<CountersignRequest>(request, `${SCHEMA}CountersignRequest`)
    const countersigned = await checked(relay, identity, note)
    relay.countersignatures.keep(countersigned)
    response.status(201).json(countersigned)
  })

  routes.on('logCheckpoint', async (_request, response) => {
    response.json({ note: (await merkleLog.checkpoint()).note })
  })

  routes.on('logInclusion', async (request, response) => {
    const serial = countOf(request, 'serial')
    const leaf = leafOf(request)
    if ((serial === undefined) === (leaf === undefined))
      throw new Refused(
        'invalid',
        'invalid-query',
        'Name one leaf: ?serial=… of a receipt, or ?leaf=… its hash.',
      )
    const checkpoint = await merkleLog.checkpoint()
    const index =
      leaf === undefined
        ? await merkleLog.indexOfReceipt(serial ?? 0, checkpoint.size)
        : await merkleLog.indexOf(leaf, checkpoint.size)
    if (index === undefined)
      throw new Refused(
        'notFound',
        'not-in-log',
        serial === undefined ? 'This leaf is not in the log.' : `Receipt ${serial} is not in the log.`,
      )
    const proof = inText(await merkleLog.inclusion(index, checkpoint))
    const answer: LogInclusions = {
      size: checkpoint.size,
      checkpoint: checkpoint.note,
      proofs: [serial === undefined ? proof : { serial, ...proof }],
    }
    response.json(answer)
  })

  routes.on('logConsistency', async (request, response) => {
    const from = countOf(request, 'from')
    if (from === undefined)
      throw new Refused('invalid', 'invalid-query', 'Give the size of an older checkpoint: ?from=…')
    const checkpoint = await merkleLog.checkpoint()
    if (from > checkpoint.size) throw shorter(from, checkpoint)
    const answer: LogConsistency = {
      from,
      checkpoint: checkpoint.note,
      path: await consistency(relay, from, checkpoint),
    }
    response.json(answer)
  })

  routes.on('logEntries', async (request, response) => {
    const from = countOf(request, 'from') ?? 0
    const count = Math.min(countOf(request, 'count') ?? ENTRIES_AT_ONCE, ENTRIES_AT_ONCE)
    const checkpoint = await merkleLog.checkpoint()
    const entries: LogEntries['entries'] = []
    for await (const entry of merkleLog.entries(from, Math.min(from + count, checkpoint.size)))
      entries.push(entry ?? null)
    const answer: LogEntries = { from, checkpoint: checkpoint.note, entries }
    response.json(answer)
  })

  routes.on('logCountersignatures', async (_request, response) => {
    const countersignatures = relay.countersignatures.list()
    const { note } = await merkleLog.checkpoint()
    const answer: CountersignatureList = { checkpoint: note, countersignatures }
    response.json(answer)
  })
}

function shorter(from: number, { size }: { readonly size: number }): Refused {
  return new Refused(
    'conflict',
    'log-shorter',
    `The log has ${size} leaves, fewer than ${from}. If a checkpoint says otherwise, the relay was restored from a backup or its log was rewritten: keep that checkpoint as evidence.`,
    { size },
  )
}

function textOf(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64')
}

function inText({ leaf, index, path }: Inclusion): LogInclusion {
  return { leaf: textOf(leaf), index, path: path.map(textOf) }
}

async function consistency(relay: Relay, from: number, to: SeenCheckpoint): Promise<string[]> {
  return (await relay.merkleLog.consistency(from, to)).map(textOf)
}

/** What other terminals of the shop countersigned last. */
function othersOf(relay: Relay, identity: Identity): Countersignature[] {
  return relay.countersignatures
    .list()
    .filter(
      ({ terminal }) =>
        terminal !== identity.terminal && relay.shops.terminal(terminal)?.shop.id === identity.shop,
    )
    .slice(0, OTHERS_SHOWN)
}

/** @throws Refused `bad-checkpoint`, `other-checkpoint`, `not-countersigned` */
async function checked(relay: Relay, identity: Identity, note: string): Promise<Countersignature> {
  const { id, signer } = relay.identity
  const { terminal, code, epoch } = identity
  let seen: SeenCheckpoint
  try {
    seen = readCheckpoint(note, id, signer.publicKey)
  } catch (error) {
    if (!(error instanceof BadCheckpoint)) throw error
    throw new Refused('invalid', 'bad-checkpoint', error.message)
  }
  const { size, root } = seen
  const own = await relay.merkleLog.tree(size)
  if (!own || !sameHash(own.root, root))
    throw new Refused(
      'conflict',
      'other-checkpoint',
      'The relay signed this checkpoint, and its log is another one now: it was restored from a backup, or rewritten. Keep the checkpoint as evidence.',
    )
  const key = relay.shops.keyOf(terminal, epoch)
  const at = key === undefined ? undefined : countersignedAt(note, cosignerName(id, terminal), key)
  if (!at)
    throw new Refused(
      'invalid',
      'not-countersigned',
      `The checkpoint is not countersigned with the key of ${code} in epoch ${epoch}.`,
    )
  return { terminal, code, epoch, at: at.toISOString(), size, note }
}

/** @throws Refused `invalid-query` where it is no count */
function countOf(request: Request, name: string): number | undefined {
  const text = queryOf(request, name)
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text))
    throw new Refused('invalid', 'invalid-query', `The query parameter "${name}" must be a whole number.`)
  return Number(text)
}

function serialsOf(request: Request): number[] {
  const parts = (queryOf(request, 'serials') ?? '').split(',')
  if (parts.length > SERIALS_AT_ONCE || !parts.every((part) => /^[1-9]\d{0,14}$/.test(part)))
    throw new Refused(
      'invalid',
      'invalid-query',
      `Name 1 to ${SERIALS_AT_ONCE} receipts: ?serials=… with commas between them.`,
    )
  return parts.map(Number)
}

function leafOf(request: Request): Uint8Array | undefined {
  const text = queryOf(request, 'leaf')
  if (text === undefined) return undefined
  // Either alphabet: a plus sign is easily lost in an address.
  const bytes = /^[A-Za-z0-9_+/-]{43}=?$/.test(text) ? Buffer.from(text, 'base64url') : undefined
  if (bytes?.length === HASH_BYTES) return bytes
  throw new Refused('invalid', 'invalid-query', 'The query parameter "leaf" must be a SHA-256 in base64url.')
}
