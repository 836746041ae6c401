import {
  createPrivateKey,
  createPublicKey,
  sign as signBytes,
  verify as verifyBytes,
  type KeyObject,
} from 'node:crypto'

/** Signs with one Ed25519 private key and knows its public half. */
export interface Signer {
  /** 32 raw bytes, base64url. */
  readonly publicKey: string
  /** The signature over exactly these bytes, base64url (RFC 8032). */
  sign(data: Uint8Array): string
}

const publicKeys = new Map<string, KeyObject>()
/** A relay of a thousand terminals verifies with about a thousand keys; beyond that the cache starts again. */
const PUBLIC_KEY_CACHE = 4096

function publicKeyObject(publicKey: string): KeyObject {
  let key = publicKeys.get(publicKey)
  if (!key) {
    key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
    if (publicKeys.size >= PUBLIC_KEY_CACHE) publicKeys.clear()
    publicKeys.set(publicKey, key)
  }
  return key
}

/** @param privateKeyPem PKCS #8 PEM of an Ed25519 private key. */
export function signerFromPem(privateKeyPem: string): Signer {
  const privateKey = createPrivateKey(privateKeyPem)
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x
  if (privateKey.asymmetricKeyType !== 'ed25519' || !publicKey) throw new Error('Not an Ed25519 private key')
  return { publicKey, sign: (data) => signBytes(null, data, privateKey).toString('base64url') }
}

/**
 * The bytes of a base64url text in its one canonical spelling; undefined for any other. Node's decoder ignores what it
 * does not know and the bits that are left over, so that one signature could be spelled in many ways.
 */
export function fromBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

/** False for a wrong signature and for a key or signature that is malformed. */
export function verifySignature(publicKey: string, data: Uint8Array, signature: string): boolean {
  const bytes = fromBase64Url(signature)
  if (!bytes) return false
  try {
    return verifyBytes(null, data, publicKeyObject(publicKey), bytes)
  } catch {
    return false
  }
}
