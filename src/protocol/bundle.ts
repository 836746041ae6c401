import { createHash } from 'node:crypto'
import { canonicalJson } from '../docs/canonical.js'
import type { BundleEntry, BundleManifest } from '../docs/generated/types.js'
import { verifySignature, type Signer } from '../docs/keys.js'
import { documentId } from '../docs/naming.js'
import { validate } from '../docs/validate.js'
import { BUNDLE_DOCUMENT_BYTES, MANIFEST_BYTES } from './limits.js'

export type { BundleEntry, BundleManifest } from '../docs/generated/types.js'

/**
 * A bundle is one file:
 *
 *     counterfoil-bundle 1\n
 *     <manifest, canonical JSON>\n
 *     <Ed25519 signature of the terminal over the manifest line, base64url>\n
 *     <the saved documents, one after the other, in the manifest's order>
 */
const MAGIC = 'counterfoil-bundle 1\n'

export class BadBundle extends Error {
  constructor(reason: string) {
    super(`This is not a bundle that can be taken: ${reason}`)
    this.name = 'BadBundle'
  }
}

/** Everything that stands before the documents. */
export function bundleHead(manifest: BundleManifest, signer: Signer): Uint8Array {
  const line = canonicalJson(manifest)
  const signature = signer.sign(new TextEncoder().encode(line))
  return new TextEncoder().encode(`${MAGIC}${line}\n${signature}\n`)
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * Reads a bundle from a stream of bytes, holding one document in memory at a time. The manifest's signature is
 * checked before anything else is read, and each document's hash before it is given out.
 * @param keyOf the public key a terminal and epoch sign with; undefined where there is none
 * @throws BadBundle
 */
export async function readBundle(
  source: AsyncIterable<Uint8Array>,
  keyOf: (terminal: string, epoch: string) => string | undefined,
  take: (entry: BundleEntry, saved: Uint8Array) => Promise<void>,
): Promise<BundleManifest> {
  const reader = new ByteReader(source)
  try {
    return await readFrom(reader, keyOf, take)
  } finally {
    // Also where it ends early: a source may hold a file open.
    await reader.close()
  }
}

async function readFrom(
  reader: ByteReader,
  keyOf: (terminal: string, epoch: string) => string | undefined,
  take: (entry: BundleEntry, saved: Uint8Array) => Promise<void>,
): Promise<BundleManifest> {
  const magic = await reader.line(MAGIC.length)
  if (`${magic}\n` !== MAGIC) throw new BadBundle('it does not begin as one')
  const line = await reader.line(MANIFEST_BYTES)
  const signature = await reader.line(200)
  const manifest = parseManifest(line)
  const key = keyOf(manifest.terminal, manifest.epoch)
  if (key === undefined)
    throw new BadBundle(`terminal ${manifest.terminal} in epoch ${manifest.epoch} is not known here`)
  if (!verifySignature(key, new TextEncoder().encode(line), signature))
    throw new BadBundle('the signature of its manifest is wrong')
  for (const entry of manifest.documents) {
    if (entry.length > BUNDLE_DOCUMENT_BYTES)
      throw new BadBundle(`document ${entry.id} is longer than ${BUNDLE_DOCUMENT_BYTES} bytes`)
    const saved = await reader.exactly(entry.length)
    if (sha256Hex(saved) !== entry.sha256)
      throw new BadBundle(`document ${entry.id} was altered: its SHA-256 differs`)
    await take(entry, saved)
  }
  if (!(await reader.atEnd())) throw new BadBundle('bytes follow its last document')
  return manifest
}

function parseManifest(line: string): BundleManifest {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw new BadBundle('its manifest is not JSON')
  }
  try {
    validate<BundleManifest>('bundle-manifest.schema.json', value, 'manifest of the bundle')
  } catch (error) {
    throw new BadBundle((error as Error).message)
  }
  if (canonicalJson(value) !== line) throw new BadBundle('its manifest is not canonical JSON')
  for (const { id, name } of value.documents) {
    if (documentId(value.organisation, name) !== id)
      throw new BadBundle(`id ${id} does not belong to its name`)
  }
  return value
}

class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #buffer = Buffer.alloc(0)
  #ended = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false
    const { done, value } = await this.#source.next()
    if (done) {
      this.#ended = true
      return false
    }
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(value) : Buffer.concat([this.#buffer, value])
    return true
  }

  async line(limit: number): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf(0x0a)
      if (end >= 0 && end <= limit) {
        const line = this.#buffer.toString('utf8', 0, end)
        this.#buffer = this.#buffer.subarray(end + 1)
        return line
      }
      if (end > limit || this.#buffer.length > limit) throw new BadBundle('a line of its head is too long')
      if (!(await this.#more())) throw new BadBundle('it ends within its head')
    }
  }

  async exactly(length: number): Promise<Uint8Array> {
    const parts: Buffer[] = []
    let have = 0
    while (have < length) {
      if (this.#buffer.length === 0 && !(await this.#more())) throw new BadBundle('it ends within a document')
      const part = this.#buffer.subarray(0, length - have)
      parts.push(part)
      have += part.length
      this.#buffer = this.#buffer.subarray(part.length)
    }
    return new Uint8Array(Buffer.concat(parts))
  }

  async atEnd(): Promise<boolean> {
    while (this.#buffer.length === 0) if (!(await this.#more())) return true
    return false
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }
}
