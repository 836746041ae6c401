import type { Request } from 'express'
import type {
  BooksResponse,
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
  PullRequest,
  InvoiceLookup,
  Refusal,
  StockChanged,
  StockReceived,
  SyncRequest,
  SyncResponse,
} from '../docs/generated/types.js'
import { describeDocument, documentId, type DocumentId, type DocumentName } from '../docs/naming.js'
import { epochBefore, parseNumber } from '../docs/series.js'
import { decodeBooks } from '../protocol/books.js'
import { CLOSE } from '../protocol/close-codes.js'
import { answerLong, bodyOf, queryOf } from '../protocol/http.js'
import { CUSTODY_WAIT_MS } from '../protocol/limits.js'
import { Refused } from '../protocol/problem.js'
import { prove, proves } from '../protocol/proof.js'
import { sendParts } from '../protocol/streams.js'
import { PROTOCOL_VERSION, VERSION } from '../protocol/version.js'
import { keyOfAddress } from './addresses.js'
import { noSession, standing } from './caller.js'
import { DocumentQuota } from './document-quota.js'
import { notForIntake } from './fleet.js'
import { pulled } from './pull.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'
import type { Identity } from './sessions.js'

/** How many days of bills a terminal is told of: what was parked is recalled within days, or not at all. */
const BILLS_DAYS = 7
/** How many months of sales summaries a terminal is told of. */
const SALES_MONTHS = 2

/** What a terminal may ask of the relay over HTTP. */
export function terminalApi(routes: Routes, relay: Relay): void {
  const body = 'relay-api.schema.json#/$defs/'

  routes.on('pair', async (request, response) => {
    const asked = bodyOf<PairRequest>(request, `${body}PairRequest`)
    const statement = { context: 'counterfoil pair 1', code: asked.code, publicKey: asked.publicKey } as const
    for (const { publicKey, proof } of [asked, ...(asked.previous ? [asked.previous] : [])]) {
      if (!proves(statement, publicKey, proof))
        throw new Refused('forbidden', 'bad-proof', 'The proof does not belong to the public key.')
    }
    const pairing = await relay.pairings.redeem(asked.code, keyOfAddress(request.ip))
    const { shop, terminal } = await relay.shops.enter({
      shop: pairing.shop,
      name: pairing.terminal,
      role: pairing.role,
      publicKey: asked.publicKey,
      known: asked.terminal,
      previous: asked.previous,
      by: pairing.by,
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

  routes.on('challenge', (request, response) => {
    const { terminal, nonce: terminalNonce } = bodyOf<ChallengeRequest>(request, `${body}ChallengeRequest`)
    const { id, signer } = relay.identity
    // An unknown terminal gets a nonce as well: who is paired here is nobody's business.
    const nonce = relay.sessions.challenge(terminal)
    const statement = {
      context: 'counterfoil challenge 1',
      relay: id,
      terminal,
      terminalNonce,
      nonce,
    } as const
    const answer: ChallengeResponse = { relay: id, nonce, signature: prove(statement, signer) }
    response.json(answer)
  })

  routes.on('connect', async (request, response) => {
    response.json(await connect(relay, bodyOf<ConnectRequest>(request, `${body}ConnectRequest`)))
  })

  routes.on('epoch', async (request, response, { identity }) => {
    notForIntake(identity)
    const { reason, asked } = bodyOf<EpochRequest>(request, `${body}EpochRequest`)
    const { epoch } = await relay.shops.nextEpoch(identity.terminal, identity.epoch, reason, asked)
    relay.log.warn({ terminal: identity.terminal, epoch, reason }, 'new epoch')
    const answer: EpochResponse = { epoch }
    response.json(answer)
  })

  routes.on('sync', async (request, response, { identity }) => {
    const { documents } = bodyOf<SyncRequest>(request, `${body}SyncRequest`)
    await relay.backlog.settledIfFew()
    const refused = await register(relay, identity, documents)
    const answer: SyncResponse = { documents: await readable(relay, identity), refused }
    response.json(answer)
  })

  routes.on('custody', async (request, response, { identity }) => {
    const { documents, waitMs, rest = false } = bodyOf<CustodyRequest>(request, `${body}CustodyRequest`)
    await answerLong(request, response, async (_progress, signal) => {
      const wait = Math.min(waitMs ?? 0, CUSTODY_WAIT_MS)
      const answer = await relay.custody.request(identity, documents, wait, signal)
      // Who was hung up meanwhile, such as two copies that were just found out, is to connect again and be told why.
      if (!standing(relay, relay.sessions.find(request.get('authorization')))) throw noSession()
      if (identity.intake)
        await relay.fleet.intake.handedIn(identity.terminal, answer.receipt ? [answer.receipt] : [])
      else if (rest && answer.missing.length + answer.refused.length === 0)
        await relay.fleet.behind.healed(identity.terminal)
      return answer
    })
  })

  routes.on('pull', async (request, response, { identity }) => {
    const { documents } = bodyOf<PullRequest>(request, `${body}PullRequest`)
    await sendParts(response, 'application/octet-stream', pulled(relay, identity, documents), 1)
  })

  routes.on('books', async (request, response, { identity }) => {
    if (!(request.body instanceof Uint8Array))
      throw new Refused('invalid', 'no-bytes', 'Day books are sent as application/octet-stream.')
    const parts = decodeBooks(request.body)
    const { receipt, missing, refused } = await relay.takingIn(async () => {
      const taken = await relay.books.take(identity, parts)
      const [given] = await relay.custody.issue(identity.terminal, taken.held)
      return { ...taken, receipt: given }
    })
    // Who was hung up meanwhile, such as two copies that were just found out, is to connect again and be told why.
    if (!standing(relay, relay.sessions.find(request.get('authorization')))) throw noSession()
    if (identity.intake) await relay.fleet.intake.handedIn(identity.terminal, receipt ? [receipt] : [])
    const answer: BooksResponse = {
      ...(receipt ? { receipt } : {}),
      missing: [...missing],
      refused: [...refused],
      ...(relay.fleet.behind.of(identity.terminal) ? { behind: true } : {}),
    }
    response.json(answer)
  })

  routes.on('invoice', async (request, response, { identity }) => {
    notForIntake(identity)
    const number = queryOf(request, 'number')
    if (number === undefined) throw new Refused('invalid', 'invalid-query', 'Name the invoice: ?number=…')
    mustBeReadable(relay, identity, number)
    const answer: InvoiceLookup = await relay.invoices.find(number, identity.shop)
    response.json(answer)
  })

  routes.on('stock', async (request, response, { identity }) => {
    notForIntake(identity)
    const { received } = bodyOf<StockReceived>(request, `${body}StockReceived`)
    await relay.backlog.settled()
    const answer: StockChanged = { changed: await relay.stock.receive(identity, received) }
    response.json(answer)
  })

  routes.on('handoffBegin', async (request, response, { identity }) => {
    response.json(
      await relay.handoffs.begin(
        identity,
        handoffId(request),
        bodyOf<HandoffRequest>(request, `${body}HandoffRequest`),
      ),
    )
  })

  routes.on('handoffPart', async (request, response, { identity }) => {
    const offset = request.get('upload-offset') ?? ''
    if (!/^\d{1,15}$/.test(offset))
      throw new Refused('invalid', 'no-offset', 'The header Upload-Offset must give the byte to go on at.')
    if (!(request.body instanceof Uint8Array))
      throw new Refused('invalid', 'no-bytes', 'A part is sent as application/octet-stream.')
    response.json(await relay.handoffs.append(identity, handoffId(request), Number(offset), request.body))
  })

  routes.on('handoffTake', async (request, response, { identity }) => {
    const id = handoffId(request)
    await answerLong(request, response, async (progress: (event: { bytes: number }) => void) => {
      const taken = await relay.handoffs.take(identity, id, (bytes) => progress({ bytes }))
      if (identity.intake) await relay.fleet.intake.handedIn(identity.terminal, taken.receipts)
      return taken
    })
  })
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
  relay.readers.warm()
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

/** Whether an invoice exists that a terminal may not read is not told either (A2). */
function mustBeReadable(relay: Relay, identity: Identity, number: string): void {
  const { name, othersInvoices } = relay.shops.get(identity.shop)
  if (othersInvoices || parseNumber(number)?.code === identity.code) return
  throw new Refused(
    'forbidden',
    'others-invoices',
    `The policy of ${name} keeps invoices with the terminal that sealed them. Ask there, or the relay operator (counterfoil relay shop --others-invoices).`,
  )
}

/** Learns the names of documents a terminal brings, so that it will accept them. */
async function register(
  relay: Relay,
  identity: Identity,
  documents: readonly NamedHeads[],
): Promise<Refusal[]> {
  const refused: Refusal[] = []
  const fresh: [string, DocumentName][] = []
  const quota = new DocumentQuota(relay.registry.entries(), identity)
  for (const { name } of documents) {
    const id = documentId(relay.identity.organisation, name)
    if (relay.registry.has(id)) {
      if (!relay.access.mayRead(identity, name)) refused.push({ id, reason: notYours(name) })
    } else if (!relay.access.mayWrite(identity, name)) refused.push({ id, reason: notYours(name) })
    else if (quota.take(name)) fresh.push([id, name])
    else {
      const reason = `there are more ${name.kind === 'daybook' ? 'day books' : 'bills'} than the relay keeps`
      refused.push({ id, reason })
      await relay.incidents.note({ kind: 'limit', code: 'documents', reason, terminal: identity.terminal })
    }
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
    const heads = await relay.stored.heads(id as DocumentId)
    if (heads) found.push({ name, heads: [...heads] })
  }
  return found
}
