import type { ExportManifest } from '../generated/types.js'
import { verifySignature, type Signer } from '../keys.js'
import { validate } from '../validate.js'

export type { ExportFile, ExportKeys, ExportManifest, ExportNames } from '../generated/types.js'

export const MANIFEST = 'manifest.json'
export const SIGNATURE = 'manifest.sig'
export const RECORDS = 'records.ndjson'
export const NAMES = 'names.json'
export const KEYS = 'keys.json'
export const RECEIPTS = 'receipts.ndjson'
export const DOCUMENTS = 'documents/'
export const VIEWS = 'views/'
export const CHECKPOINT = 'log/checkpoint'
export const PROOFS = 'log/proofs.ndjson'
export const CONSISTENCY = 'log/consistency.json'

export class BadExport extends Error {
  constructor(reason: string) {
    super(`This is not an export bundle that can be read: ${reason}`)
    this.name = 'BadExport'
  }
}

/** @returns the files manifest.json and manifest.sig */
export function signManifest(
  manifest: ExportManifest,
  signer: Signer,
): { json: Uint8Array; signature: string } {
  const json = new TextEncoder().encode(`${JSON.stringify(manifest, null, 1)}\n`)
  return { json, signature: signer.sign(json) }
}

/** @throws BadExport */
export function readManifest(json: Uint8Array): ExportManifest {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json))
    validate<ExportManifest>('export-bundle.schema.json', value, 'manifest of the export')
  } catch (error) {
    throw new BadExport((error as Error).message)
  }
  return value
}

/** Whether the key a manifest names signed it. Whether that key is to be trusted is another question. */
export function isSigned(json: Uint8Array, signature: string, { by }: ExportManifest): boolean {
  return verifySignature(by.key, json, signature.trim())
}
