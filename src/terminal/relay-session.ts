import type {
  BooksResponse,
  CashierList,
  ChallengeRequest,
  ChallengeResponse,
  ConnectRequest,
  ConnectResponse,
  CustodyResponse,
  DocumentHeads,
  EpochRequest,
  EpochResponse,
  HandoffStatus,
  HandoffTaken,
  ImagePart,
  ImagesResponse,
  InvoiceLookup,
  LogInclusions,
  LogView,
  NamedHeads,
  OwnCashierNameRequest,
  OwnCashierPinRequest,
  OwnCashierRequest,
  OwnShopRequest,
  SyncResponse,
  TerminalReport,
} from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { CUSTODY_WAIT_MS } from '../protocol/limits.js'
import { Refused } from '../protocol/problem.js'
import { readPull, type PulledDocument } from '../protocol/pull.js'
import { prove, proves } from '../protocol/proof.js'
import { PROTOCOL_VERSION, VERSION } from '../protocol/version.js'
import { getJson, postJson, request, requestStream, sendJson } from './http-client.js'
import type { TerminalIdentity } from './identity.js'
import { refuseInsecure } from './relay-address.js'

/** The relay may merge a large bundle before it answers. */
const TAKE_TIMEOUT_MS = 15 * 60_000
const PART_TIMEOUT_MS = 120_000

const schema = (name: string): string => `relay-api.schema.json#/$defs/${name}`
const ANSWER = 'answer of the relay'

function cashierList(answer: unknown): CashierList {
  validate<CashierList>(schema('CashierList'), answer, ANSWER)
  return answer
}

/** An authenticated connection's HTTP half: typed requests, each answer checked against its schema. */
export class RelaySession {
  readonly base: string
  readonly granted: ConnectResponse
  /**
   * The serial of the last receipt the relay remembers, where this terminal holds later ones: it was restored from a
   * backup (S5). Set to undefined once a person was told.
   */
  forgottenAfter: number | undefined

  private constructor(base: string, granted: ConnectResponse, held: number) {
    this.base = base
    this.granted = granted
    this.forgottenAfter = granted.serial < held ? granted.serial : undefined
  }

  /**
   * Challenge and response, both ways: the relay proves first that it holds the key that was pinned, and nothing is
   * signed for one that does not.
   * @param held the serial of the last receipt this terminal holds
   * @param terminalNonce 16 random bytes or more, base64url, for this connection only
   * @param asked names an epoch that was asked for without getting an answer
   * @throws Refused `relay-unreachable`, `not-paired`, `revoked`, `protocol-mismatch`, `other-relay`, `insecure-relay`
   */
  static async connect(
    identity: TerminalIdentity,
    held: number,
    terminalNonce: string,
    asked: string | undefined,
    signal: AbortSignal,
  ): Promise<RelaySession> {
    const { relayUrl: base, terminal, epoch } = identity
    refuseInsecure(base, identity.insecure === true)
    const hello: ChallengeRequest = { terminal, nonce: terminalNonce }
    const challenge = await postJson(base, '/v1/challenge', hello, { signal })
    validate<ChallengeResponse>(schema('ChallengeResponse'), challenge, ANSWER)
    const { nonce, relay } = challenge
    const claim = { context: 'counterfoil challenge 1', relay, terminal, terminalNonce, nonce } as const
    if (relay !== identity.relay || !proves(claim, identity.relayKey, challenge.signature)) {
      throw new Refused(
        'forbidden',
        'other-relay',
        `What answers at ${base} is not the relay this terminal was paired with: it does not hold that relay's key. Check the address and the network; if the relay was founded anew, pair an empty directory with it.`,
      )
    }
    const signature = prove(
      { context: 'counterfoil connect 1', relay, terminal, epoch, nonce, protocol: PROTOCOL_VERSION },
      identity.signer,
    )
    const body: ConnectRequest = {
      terminal,
      epoch,
      nonce,
      signature,
      protocol: PROTOCOL_VERSION,
      software: VERSION,
      serial: held,
      ...(asked === undefined ? {} : { asked }),
    }
    const granted = await postJson(base, '/v1/connect', body, { signal })
    validate<ConnectResponse>(schema('ConnectResponse'), granted, ANSWER)
    return new RelaySession(base, granted, held)
  }

  #options(signal: AbortSignal, timeout?: number) {
    return { signal, session: this.granted.session, ...(timeout === undefined ? {} : { timeout }) }
  }

  async sync(documents: readonly NamedHeads[], signal: AbortSignal): Promise<SyncResponse> {
    const answer = await postJson(
      this.base,
      '/v1/sync',
      { documents },
      this.#options(signal, PART_TIMEOUT_MS),
    )
    validate<SyncResponse>(schema('SyncResponse'), answer, ANSWER)
    return answer
  }

  /**
   * Asks for receipts; the relay waits a while for changes that are on their way.
   * @param rest with these it was asked for a receipt of everything this terminal wrote
   */
  async custody(
    documents: readonly DocumentHeads[],
    rest: boolean,
    signal: AbortSignal,
  ): Promise<CustodyResponse> {
    const body = { documents, waitMs: CUSTODY_WAIT_MS, rest }
    const answer = await postJson(this.base, '/v1/custody', body, this.#options(signal, PART_TIMEOUT_MS))
    validate<CustodyResponse>(schema('CustodyResponse'), answer, ANSWER)
    return answer
  }

  /**
   * Asks for what this terminal lacks of documents.
   * @param take is awaited before the next document is read
   * @throws Refused `bad-pull` where the answer is cut or not as it should be, `relay-unreachable`; what `take` throws
   */
  async pull(
    documents: readonly DocumentHeads[],
    take: (document: PulledDocument) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify({ documents }) }
    const options = this.#options(signal, PART_TIMEOUT_MS)
    await requestStream(this.base, '/v1/pull', init, options, async ({ body }) => {
      for await (const document of readPull(body ?? new Blob([]).stream())) await take(document)
    })
  }

  /** Brings day books, as `encodeBooks` makes them, and gets receipts for them. */
  async books(body: Uint8Array, signal: AbortSignal): Promise<BooksResponse> {
    const headers = { 'content-type': 'application/octet-stream' }
    const init = { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> }
    const answer = await request(this.base, '/v1/books', init, this.#options(signal, PART_TIMEOUT_MS))
    validate<BooksResponse>(schema('BooksResponse'), answer, ANSWER)
    return answer
  }

  /** @param asked names the request: asked again under this name, the relay gives the same epoch */
  async epoch(
    reason: EpochRequest['reason'],
    asked: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const body: EpochRequest = { reason, ...(asked === undefined ? {} : { asked }) }
    const answer = await postJson(this.base, '/v1/epoch', body, this.#options(signal))
    validate<EpochResponse>(schema('EpochResponse'), answer, ANSWER)
    return answer.epoch
  }

  /** Tells the relay how this terminal stands. @param timeout milliseconds */
  async report(report: TerminalReport, timeout: number, signal: AbortSignal): Promise<void> {
    await postJson(this.base, '/v1/report', report, this.#options(signal, timeout))
  }

  async invoice(number: string, signal: AbortSignal): Promise<InvoiceLookup> {
    const path = `/v1/invoice?number=${encodeURIComponent(number)}`
    const answer = await getJson(this.base, path, this.#options(signal))
    validate<InvoiceLookup>(schema('InvoiceLookup'), answer, ANSWER)
    return answer
  }

  /** The relay's log as it is now. @param from size of the last checkpoint that was seen; 0 for none */
  async logView(from: number, signal: AbortSignal): Promise<LogView> {
    const answer = await getJson(this.base, `/v1/log?from=${from}`, this.#options(signal))
    validate<LogView>('log.schema.json#/$defs/LogView', answer, ANSWER)
    return answer
  }

  /** That receipts are among the first `size` leaves of the log. @param serials at most 100 */
  async logReceipts(serials: readonly number[], size: number, signal: AbortSignal): Promise<LogInclusions> {
    const path = `/v1/log/receipts?serials=${serials.join(',')}&size=${size}`
    const answer = await getJson(this.base, path, this.#options(signal))
    validate<LogInclusions>('log.schema.json#/$defs/LogInclusions', answer, ANSWER)
    return answer
  }

  async countersign(note: string, signal: AbortSignal): Promise<void> {
    await postJson(this.base, '/v1/log/countersignature', { note }, this.#options(signal))
  }

  async receiveStock(
    received: readonly { sku: string; quantity: string }[],
    signal: AbortSignal,
  ): Promise<void> {
    await postJson(this.base, '/v1/stock', { received }, this.#options(signal, PART_TIMEOUT_MS))
  }

  async cashiers(signal: AbortSignal): Promise<CashierList> {
    return cashierList(await getJson(this.base, '/v1/cashiers', this.#options(signal)))
  }

  async addCashier(request: OwnCashierRequest, signal: AbortSignal): Promise<CashierList> {
    return cashierList(await postJson(this.base, '/v1/cashiers', request, this.#options(signal)))
  }

  async changePin(request: OwnCashierPinRequest, signal: AbortSignal): Promise<CashierList> {
    return cashierList(await sendJson(this.base, 'PUT', '/v1/cashiers/pin', request, this.#options(signal)))
  }

  async removeCashier(request: OwnCashierNameRequest, signal: AbortSignal): Promise<CashierList> {
    return cashierList(await postJson(this.base, '/v1/cashiers/remove', request, this.#options(signal)))
  }

  async changeShop(request: OwnShopRequest, signal: AbortSignal): Promise<void> {
    await sendJson(this.base, 'PUT', '/v1/shop', request, this.#options(signal))
  }

  async images(images: readonly string[], signal: AbortSignal): Promise<ImagesResponse> {
    const answer = await postJson(this.base, '/v1/images', { images }, this.#options(signal, PART_TIMEOUT_MS))
    validate<ImagesResponse>(schema('ImagesResponse'), answer, ANSWER)
    return answer
  }

  /** @returns the byte the upload goes on at */
  async sendImagePart(
    sha256: string,
    offset: number,
    part: Uint8Array,
    signal: AbortSignal,
  ): Promise<number> {
    const headers = { 'content-type': 'application/octet-stream', 'upload-offset': String(offset) }
    const init = { method: 'PATCH', headers, body: part as Uint8Array<ArrayBuffer> }
    const answer = await request(
      this.base,
      `/v1/images/${sha256}`,
      init,
      this.#options(signal, PART_TIMEOUT_MS),
    )
    validate<ImagePart>(schema('ImagePart'), answer, ANSWER)
    return answer.offset
  }

  /** Bytes of an image from `first` on, at most `most` of them. */
  async imagePart(sha256: string, first: number, most: number, signal: AbortSignal): Promise<Uint8Array> {
    const init = { method: 'GET', headers: { range: `bytes=${first}-${first + most - 1}` } }
    const options = this.#options(signal, PART_TIMEOUT_MS)
    return requestStream(this.base, `/v1/images/${sha256}`, init, options, async (response) => {
      const bytes = new Uint8Array(await response.arrayBuffer())
      // A proxy may leave the range out.
      return response.status === 206 ? bytes : bytes.subarray(first, first + most)
    })
  }

  async beginHandoff(id: string, size: number, sha256: string, signal: AbortSignal): Promise<HandoffStatus> {
    const answer = await sendJson(
      this.base,
      'PUT',
      `/v1/handoffs/${id}`,
      { size, sha256 },
      this.#options(signal),
    )
    validate<HandoffStatus>(schema('HandoffStatus'), answer, ANSWER)
    return answer
  }

  async appendHandoff(
    id: string,
    offset: number,
    part: Uint8Array,
    signal: AbortSignal,
  ): Promise<HandoffStatus> {
    const headers = { 'content-type': 'application/octet-stream', 'upload-offset': String(offset) }
    const init = { method: 'PATCH', headers, body: part as Uint8Array<ArrayBuffer> }
    const answer = await request(
      this.base,
      `/v1/handoffs/${id}`,
      init,
      this.#options(signal, PART_TIMEOUT_MS),
    )
    validate<HandoffStatus>(schema('HandoffStatus'), answer, ANSWER)
    return answer
  }

  async takeHandoff(id: string, signal: AbortSignal): Promise<HandoffTaken> {
    const answer = await postJson(
      this.base,
      `/v1/handoffs/${id}/take`,
      {},
      this.#options(signal, TAKE_TIMEOUT_MS),
    )
    validate<HandoffTaken>(schema('HandoffTaken'), answer, ANSWER)
    return answer
  }
}
