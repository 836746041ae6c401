import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { signerFromPem, type Signer } from '../docs/keys.js'
import type { RelayIdentityFile } from '../docs/generated/types.js'
import { newId } from '../docs/ids.js'
import { validate } from '../docs/validate.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'

/** Who a relay is. Its terminals pin the public key. */
export interface RelayIdentity {
  readonly id: string
  readonly organisation: string
  readonly signer: Signer
}

/** Reads the identity of a relay's directory, or makes one. */
export async function openIdentity(
  directory: string,
  disk: Disk,
  random: (bytes: number) => Uint8Array,
): Promise<RelayIdentity> {
  const path = join(directory, 'relay.json')
  let file = await readChecked(disk, path)
  if (file === undefined) {
    const { privateKey } = generateKeyPairSync('ed25519')
    const made: RelayIdentityFile = {
      id: newId('relay', random),
      organisation: newId('org', random),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
    await writeChecked(disk, path, made)
    file = made
  }
  validate<RelayIdentityFile>('data-files.schema.json#/$defs/RelayIdentityFile', file, 'file relay.json')
  return { id: file.id, organisation: file.organisation, signer: signerFromPem(file.privateKey) }
}
