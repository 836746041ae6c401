import express, { Router, type Request } from 'express'
import type {
  ChallengeRequest,
  ChallengeResponse,
  ConnectRequest,
  ConnectResponse,
  CustodyRequest,
  EpochRequest,
  EpochResponse,
  HandoffRequest,
  NamedHeads,
  PairRequest,
  PairResponse,
  Refusal,
  StockReceived,
  SyncRequest,
  SyncResponse,
} from '../docs/generated/types.js'
import type { FlatDoc } from '../docs/flat.js'
import { describeDocument, documentId, type DocumentId, type DocumentName } from '../docs/naming.js'
import { epochBefore } from '../docs/series.js'
import * as A from '@automerge/automerge'
import { CLOSE } from '../protocol/close-codes.js'
import { answerLong, bodyOf, queryOf } from '../protocol/http.js'
import { CUSTODY_WAIT_MS, JSON_BODY_BYTES, UPLOAD_PART_BYTES } from '../protocol/limits.js'
import { Refused } from '../protocol/problem.js'
import { proves } from '../protocol/proof.js'
import { PROTOCOL_VERSION, VERSION } from '../protocol/version.js'
import { notForIntake } from './fleet.js'
import type { Relay } from './relay.js'
import type { Identity } from './sessions.js'

/** How many days of bills a terminal is told of: what was parked is recalled within days, or not at all. */
const BILLS_DAYS = 7
/** How many months of sales summaries a terminal is told of. */
const SALES_MONTHS = 2

/** What a terminal may ask of the relay over HTTP. */
export function terminalApi(relay: Relay): Router {
  const api = Router()
  const json = express.json({ limit: JSON_BODY_BYTES, strict: true })
  const identify = (request: Request): Identity => relay.sessions.identify(request.get('authorization'))
  const body = 'relay-api.schema.json#/$defs/'

  api.post('/pair', json, async (request, response) => {
    const asked = bodyOf<PairRequest>(request, `${body}PairRequest`)
    const statement = { context: 'counterfoil pair 1', code: asked.code, publicKey: asked.publicKey } as const
    for (const { publicKey, proof } of [asked, ...(asked.previous ? [asked.previous] : [])]) {
      if (!proves(statement, publicKey, proof))
        throw new Refused('forbidden', 'bad-proof', 'The proof does not belong to the public key.')
    }
    const pairing = await relay.pairings.redeem(asked.code, request.socket.remoteAddress ?? '')
    const { shop, terminal } = await relay.shops.enter({
      shop: pairing.shop,
      name: pairing.terminal,
      role: pairing.role,
      publicKey: asked.publicKey,
      known: asked.terminal,
      previous: asked.previous,
    })
    // What was opened before speaks with an epoch and a role that are no longer the terminal's.
    relay.hangUp(terminal.id, CLOSE.pairedAgain)
    relay.log.info(
      { terminal: terminal.id, code: terminal.code, epoch: terminal.epoch, shop: shop.name },
      'paired',
    )
    const answer: PairResponse = {
      relay: relay.identity.id,
      relayKey: relay.identity.signer.publicKey,
      organisation: relay.identity.organisation,
      shop: shop.id,
      shopName: shop.name,
      terminal: terminal.id,
      code: terminal.code,
      name: terminal.name,
      role: terminal.role,
      epoch: terminal.epoch,
    }
    response.status(201).json(answer)
  })

  api.post('/challenge', json, (request, response) => {
    const { terminal } = bodyOf<ChallengeRequest>(request, `${body}ChallengeRequest`)
    // An unknown terminal gets a nonce as well: who is paired here is nobody's business.
    const answer: ChallengeResponse = { relay: relay.identity.id, nonce: relay.sessions.challenge(terminal) }
    response.json(answer)
  })

  api.post('/connect', json, async (request, response) => {
    response.json(await connect(relay, bodyOf<ConnectRequest>(request, `${body}ConnectRequest`)))
  })

  api.post('/epoch', json, async (request, response) => {
    const identity = identify(request)
    notForIntake(identity)
    const { reason, asked } = bodyOf<EpochRequest>(request, `${body}EpochRequest`)
    const { epoch } = await relay.shops.nextEpoch(identity.terminal, identity.epoch, reason, asked)
    relay.log.warn({ terminal: identity.terminal, epoch, reason }, 'new epoch')
    const answer: EpochResponse = { epoch }
    response.json(answer)
  })

  api.post('/sync', json, async (request, response) => {
    const identity = identify(request)
    const { documents } = bodyOf<SyncRequest>(request, `${body}SyncRequest`)
    const refused = await register(relay, identity, documents)
    const answer: SyncResponse = { documents: await readable(relay, identity), refused }
    response.json(answer)
  })

  api.post('/custody', json, async (request, response) => {
    const identity = identify(request)
    const { documents, waitMs, rest = false } = bodyOf<CustodyRequest>(request, `${body}CustodyRequest`)
    await answerLong(request, response, async (_progress, signal) => {
      const wait = Math.min(waitMs ?? 0, CUSTODY_WAIT_MS)
      const answer = await relay.custody.request(identity, documents, wait, signal)
      // Who was hung up meanwhile, such as two copies that were just found out, is to connect again and be told why.
      identify(request)
      if (identity.intake)
        await relay.fleet.intake.handedIn(identity.terminal, answer.receipt ? [answer.receipt] : [])
      else if (rest && answer.missing.length + answer.refused.length === 0)
        await relay.fleet.behind.healed(identity.terminal)
      return answer
    })
  })

  api.get('/invoice', async (request, response) => {
    const identity = identify(request)
    notForIntake(identity)
    const number = queryOf(request, 'number')
    if (number === undefined) throw new Refused('invalid', 'invalid-query', 'Name the invoice: ?number=…')
    response.json(await relay.invoices.find(number, identity.shop))
  })

  api.post('/stock', json, async (request, response) => {
    const identity = identify(request)
    notForIntake(identity)
    if (identity.role !== 'manager') {
      throw new Refused(
        'forbidden',
        'managers-only',
        'Stock is entered from a terminal that was paired with --role manager.',
      )
    }
    const { received } = bodyOf<StockReceived>(request, `${body}StockReceived`)
    response.json({ changed: await relay.stock.receive(identity, received) })
  })

  api.put('/handoffs/:id', json, async (request, response) => {
    const identity = identify(request)
    response.json(
      await relay.handoffs.begin(
        identity,
        handoffId(request),
        bodyOf<HandoffRequest>(request, `${body}HandoffRequest`),
      ),
    )
  })

  api.patch(
    '/handoffs/:id',
    express.raw({ type: 'application/octet-stream', limit: UPLOAD_PART_BYTES }),
    async (request, response) => {
      const identity = identify(request)
      const offset = request.get('upload-offset') ?? ''
      if (!/^\d{1,15}$/.test(offset))
        throw new Refused('invalid', 'no-offset', 'The header Upload-Offset must give the byte to go on at.')
      if (!(request.body instanceof Uint8Array))
        throw new Refused('invalid', 'no-bytes', 'A part is sent as application/octet-stream.')
      response.json(await relay.handoffs.append(identity, handoffId(request), Number(offset), request.body))
    },
  )

  api.post('/handoffs/:id/take', async (request, response) => {
    const identity = identify(request)
    const id = handoffId(request)
    await answerLong(request, response, async (progress: (event: { bytes: number }) => void) => {
      const taken = await relay.handoffs.take(identity, id, (bytes) => progress({ bytes }))
      if (identity.intake) await relay.fleet.intake.handedIn(identity.terminal, taken.receipts)
      return taken
    })
  })

  return api
}

function handoffId(request: Request): string {
  const id = String(request.params['id'])
  if (!/^hand_[a-z0-9]{10,40}$/.test(id))
    throw new Refused('invalid', 'bad-handoff-id', 'A handoff id is hand_ and 10 to 40 letters and digits.')
  return id
}

async function connect(relay: Relay, asked: ConnectRequest): Promise<ConnectResponse> {
  if (asked.protocol !== PROTOCOL_VERSION) {
    throw new Refused(
      'conflict',
      'protocol-mismatch',
      `This relay (Counterfoil ${VERSION}) speaks protocol ${PROTOCOL_VERSION}, the terminal ${asked.protocol}. Bring both to the same version.`,
      { protocol: PROTOCOL_VERSION },
    )
  }
  const refused = new Refused(
    'unauthenticated',
    'not-paired',
    'This terminal is not paired with this relay, or its proof is wrong. Pair it again.',
  )
  if (!relay.sessions.answer(asked.nonce, asked.terminal)) throw refused
  const found = relay.shops.terminal(asked.terminal)
  const key = found?.terminal.keys.get(asked.epoch)
  if (!found || key === undefined) throw refused
  const statement = {
    context: 'counterfoil connect 1',
    relay: relay.identity.id,
    terminal: asked.terminal,
    epoch: asked.epoch,
    nonce: asked.nonce,
    protocol: asked.protocol,
  } as const
  if (!proves(statement, key, asked.signature)) throw refused
  const standing = await relay.fleet.atConnect(found.terminal, asked)
  // It may have been revoked meanwhile; from here to the session nothing is waited for.
  relay.fleet.revocation.refuse(asked.terminal, asked.epoch)
  const { shop, terminal } = found
  if (epochBefore(asked.epoch, terminal.epoch)) {
    relay.log.warn(
      { terminal: terminal.id, epoch: asked.epoch, current: terminal.epoch },
      'a terminal connects in an epoch that has ended',
    )
  }
  const identity: Identity = {
    terminal: terminal.id,
    shop: shop.id,
    code: terminal.code,
    epoch: asked.epoch,
    role: terminal.role,
    ...(standing.intake === undefined ? {} : { intake: true }),
  }
  return {
    ...standing,
    ...relay.sessions.begin(identity),
    epoch: terminal.epoch,
    role: terminal.role,
    lastPosition: relay.counting.lastPosition(terminal.id, asked.epoch),
    serial: relay.issued.serialOf(terminal.id),
  }
}

/** Learns the names of documents a terminal brings, so that it will accept them. */
async function register(
  relay: Relay,
  identity: Identity,
  documents: readonly NamedHeads[],
): Promise<Refusal[]> {
  const refused: Refusal[] = []
  const fresh: [string, DocumentName][] = []
  for (const { name } of documents) {
    const id = documentId(relay.identity.organisation, name)
    if (relay.registry.has(id)) {
      if (!relay.access.mayRead(identity, name)) refused.push({ id, reason: notYours(name) })
    } else if (relay.access.mayWrite(identity, name)) fresh.push([id, name])
    else refused.push({ id, reason: notYours(name) })
  }
  await relay.registry.setAll(fresh)
  return refused
}

function notYours(name: DocumentName): string {
  return `this terminal may not bring the ${describeDocument(name)}`
}

/** The documents a terminal should have from the relay, at the heads the relay has now. */
async function readable(relay: Relay, identity: Identity): Promise<NamedHeads[]> {
  const now = relay.now().getTime()
  const since = new Date(now - BILLS_DAYS * 86_400_000).toISOString().slice(0, 10)
  const month = new Date(now - SALES_MONTHS * 31 * 86_400_000).toISOString().slice(0, 7)
  const wanted = (name: DocumentName): boolean =>
    relay.access.mayRead(identity, name) &&
    name.kind !== 'daybook' &&
    !(name.kind === 'bills' && name.day < since) &&
    !(name.kind === 'sales' && name.month < month)
  const found: NamedHeads[] = []
  for (const [id, name] of relay.registry.entries()) {
    if (!wanted(name)) continue
    const handle = await relay.durable.open<FlatDoc>(id as DocumentId)
    if (handle) found.push({ name, heads: A.getHeads(handle.doc()).toSorted() })
  }
  return found
}
