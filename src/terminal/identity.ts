import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { signerFromPem, type Signer } from '../docs/keys.js'
import type { PairRequest, PairResponse, TerminalIdentityFile } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { Refused } from '../protocol/problem.js'
import { prove } from '../protocol/proof.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import { postJson } from './http-client.js'
import { isInsecure, refuseInsecure, relayUrl } from './relay-address.js'

/** Who this terminal is, and which relay it trusts. */
export interface TerminalIdentity extends Readonly<Omit<TerminalIdentityFile, 'privateKey'>> {
  readonly signer: Signer
}

const FILE = 'terminal.json'

function parse(file: unknown): TerminalIdentityFile {
  validate<TerminalIdentityFile>('data-files.schema.json#/$defs/TerminalIdentityFile', file, `file ${FILE}`)
  return file
}

function identityFrom({ privateKey, ...rest }: TerminalIdentityFile): TerminalIdentity {
  return { ...rest, signer: signerFromPem(privateKey) }
}

/** The identity in a data directory; undefined when it was never paired. */
export async function readIdentity(directory: string, disk: Disk): Promise<TerminalIdentity | undefined> {
  const file = await readChecked(disk, join(directory, FILE))
  return file === undefined ? undefined : identityFrom(parse(file))
}

/** Writes a change of the identity: a new epoch, role, name or address of the relay. */
export async function changeIdentity(
  directory: string,
  disk: Disk,
  change: Partial<Pick<TerminalIdentityFile, 'epoch' | 'role' | 'name' | 'relayUrl' | 'insecure'>>,
): Promise<TerminalIdentity> {
  const path = join(directory, FILE)
  const next = { ...parse(await readChecked(disk, path)), ...change }
  await writeChecked(disk, path, next)
  return identityFrom(next)
}

/**
 * Pairs a directory: makes a key on this disk, proves to hold it, and pins the relay's key. A directory that was
 * paired before keeps its documents and gets the terminal's next epoch with a new key.
 * @param insecure an address without TLS may be used, although it is not this machine's
 * @throws Refused `wrong-code`, `too-many-tries`, `code-expired`, `other-terminal`, `other-relay`,
 * `relay-unreachable`, `bad-relay-url`, `insecure-relay`
 */
export async function pair(
  directory: string,
  disk: Disk,
  relay: string,
  code: string,
  signal: AbortSignal,
  { insecure = false }: { readonly insecure?: boolean } = {},
): Promise<TerminalIdentity> {
  const url = relayUrl(relay)
  // Before the code is sent: on such a line it could be read, and used by another.
  refuseInsecure(url, insecure)
  const known = await readIdentity(directory, disk)
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const signer = signerFromPem(pem)
  const statement = { context: 'counterfoil pair 1', code, publicKey: signer.publicKey } as const
  const body: PairRequest = {
    code,
    publicKey: signer.publicKey,
    proof: prove(statement, signer),
    ...(known && {
      terminal: known.terminal,
      previous: {
        epoch: known.epoch,
        publicKey: known.signer.publicKey,
        proof: prove(statement, known.signer),
      },
    }),
  }
  const answer = await postJson(url, '/v1/pair', body, { signal })
  validate<PairResponse>('relay-api.schema.json#/$defs/PairResponse', answer, 'answer of the relay')
  if (known && known.organisation !== answer.organisation) {
    throw new Refused(
      'conflict',
      'other-relay',
      'This directory belongs to another organisation. Use an empty directory.',
    )
  }
  const file: TerminalIdentityFile = {
    ...answer,
    relayUrl: url,
    // Said of this address; another one has to be allowed again.
    ...(insecure && isInsecure(url) ? { insecure: true } : {}),
    privateKey: pem,
  }
  await writeChecked(disk, join(directory, FILE), file)
  return identityFrom(file)
}
