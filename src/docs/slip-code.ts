import { verifySignature, type Signer } from './keys.js'
import { parseNumber } from './series.js'

/**
 * The text of the code on a slip. Whoever has the slip and the terminal's public key can tell, without any network,
 * that this terminal sealed an invoice with this number, moment and amount, and which record it is:
 *
 *     CF1*NUMBER*SEALED-AT*PAYABLE*CURRENCY*HASH*SIGNATURE
 *
 * NUMBER names terminal, epoch and series. SEALED-AT is RFC 3339 in UTC. PAYABLE is in minor units, negative on a credit
 * note. HASH is the SHA-256 of the record, base64url. SIGNATURE is Ed25519 by the terminal's key over
 * `counterfoil slip 1\n` and all that stands before its star: the record's own signature covers its whole bytes, which
 * no slip has room for.
 */
export interface SlipFacts {
  readonly number: string
  readonly sealedAt: string
  /** Minor units. */
  readonly payable: number
  /** ISO 4217. */
  readonly currency: string
  /** SHA-256 of the record, base64url. */
  readonly hash: string
}

export interface SlipCode extends SlipFacts {
  readonly signature: string
  /** What was signed. */
  readonly signed: string
}

export class NotASlipCode extends Error {
  constructor(reason: string) {
    super(`This is not the code of a slip: ${reason}`)
    this.name = 'NotASlipCode'
  }
}

const VERSION = 'CF1'
const DOMAIN = 'counterfoil slip 1\n'
/** A code of the largest amounts and longest numbers has about 200; what is longer was not made here. */
const MOST_CHARACTERS = 400

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const PAYABLE = /^(0|-?[1-9]\d{0,15})$/
const CURRENCY = /^[A-Z]{3}$/
/** 32 bytes in base64url: of the last letter only four bits count. */
const HASH = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
/** 64 bytes in base64url: of the last letter only two bits count. */
const SIGNATURE = /^[A-Za-z0-9_-]{85}[AQgw]$/

/** The code of an invoice or credit note, signed by the terminal that sealed it. */
export function slipCode({ number, sealedAt, payable, currency, hash }: SlipFacts, signer: Signer): string {
  const signed = [VERSION, number, sealedAt, String(payable), currency, hash].join('*')
  return `${signed}*${signer.sign(new TextEncoder().encode(DOMAIN + signed))}`
}

/**
 * Takes a code apart; its signature is not checked here.
 * @throws NotASlipCode
 */
export function readSlipCode(text: string): SlipCode {
  if (text.length > MOST_CHARACTERS) throw new NotASlipCode('it is too long')
  const parts = text.split('*')
  const [version, number = '', sealedAt = '', payable = '', currency = '', hash = '', signature = ''] = parts
  if (version !== VERSION) throw new NotASlipCode(`it does not begin with ${VERSION}`)
  if (parts.length !== 7) throw new NotASlipCode('it does not have seven parts')
  if (!parseNumber(number)) throw new NotASlipCode(`"${number}" is no invoice number`)
  if (!INSTANT.test(sealedAt) || Number.isNaN(Date.parse(sealedAt)))
    throw new NotASlipCode(`"${sealedAt}" is no moment`)
  if (!PAYABLE.test(payable) || !Number.isSafeInteger(Number(payable)))
    throw new NotASlipCode(`"${payable}" is no amount`)
  if (!CURRENCY.test(currency)) throw new NotASlipCode(`"${currency}" is no currency`)
  if (!HASH.test(hash)) throw new NotASlipCode('its hash is not one')
  if (!SIGNATURE.test(signature)) throw new NotASlipCode('its signature is not one')
  const signed = text.slice(0, text.length - signature.length - 1)
  return { number, sealedAt, payable: Number(payable), currency, hash, signature, signed }
}

/** Whether the holder of `publicKey` signed this code. */
export function verifySlipCode({ signed, signature }: SlipCode, publicKey: string): boolean {
  return verifySignature(publicKey, new TextEncoder().encode(DOMAIN + signed), signature)
}
