import * as A from '@automerge/automerge'
import type { FlatDoc } from '../../src/docs/flat.js'
import type {
  BundleEntry,
  BundleManifest,
  HandoffStatus,
  HandoffTaken,
} from '../../src/docs/generated/types.js'
import type { DocumentName } from '../../src/docs/naming.js'
import { bundleHead, sha256Hex } from '../../src/protocol/bundle.js'
import { ask, type Answer } from './raw-http.js'
import type { RawTerminal } from './raw-terminal.js'

export interface Bundled {
  readonly id: string
  readonly name: DocumentName
  readonly doc: A.Doc<FlatDoc>
}

/** The bytes of a bundle, written by hand; `over` is written over its manifest before it is signed. */
export function bundleOf(
  terminal: RawTerminal,
  documents: readonly Bundled[],
  over: Partial<BundleManifest> = {},
): Uint8Array {
  const parts: Uint8Array[] = []
  const entries: BundleEntry[] = []
  for (const { id, name, doc } of documents) {
    const saved = A.save(doc)
    parts.push(saved)
    entries.push({
      id,
      name,
      heads: A.getHeads(doc).toSorted(),
      length: saved.length,
      sha256: sha256Hex(saved),
    })
  }
  const { organisation, shop, terminal: id, code, epoch } = terminal.granted
  const head = bundleHead(
    {
      v: 1,
      type: 'bundle',
      organisation,
      shop,
      terminal: id,
      code,
      epoch,
      at: '2026-04-01T06:00:00.000Z',
      documents: entries,
      ...over,
    },
    terminal.signer,
  )
  return new Uint8Array(Buffer.concat([head, ...parts]))
}

/** One handoff of a terminal, asked for step by step. */
export class RawHandoff {
  readonly id: string
  readonly #terminal: RawTerminal
  readonly #session: string

  constructor(terminal: RawTerminal, session: string, id: string) {
    this.#terminal = terminal
    this.#session = session
    this.id = id
  }

  static async of(terminal: RawTerminal, number = 1): Promise<RawHandoff> {
    return new RawHandoff(terminal, await terminal.session(), `hand_${String(number).padStart(20, '0')}`)
  }

  begin(bytes: Uint8Array, sha256 = sha256Hex(bytes)): Promise<Answer<HandoffStatus>> {
    return this.#ask('PUT', '', { body: { size: bytes.length, sha256 } })
  }

  append(offset: number | string, part: Uint8Array): Promise<Answer<HandoffStatus & { type: string }>> {
    const headers = { 'content-type': 'application/octet-stream', 'upload-offset': String(offset) }
    return this.#ask('PATCH', '', { body: part, headers })
  }

  take(): Promise<Answer<HandoffTaken & { type: string }>> {
    return this.#ask('POST', '/take', {})
  }

  /** Begins, uploads and takes. */
  async all(bytes: Uint8Array, sha256 = sha256Hex(bytes)): Promise<Answer<HandoffTaken & { type: string }>> {
    await this.begin(bytes, sha256)
    await this.append(0, bytes)
    return this.take()
  }

  #ask<T>(method: string, step: string, asked: object): Promise<Answer<T>> {
    const { url } = this.#terminal.relay
    return ask<T>(url, method, `/v1/handoffs/${this.id}${step}`, { token: this.#session, ...asked })
  }
}
