import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { prove, proves, type ConnectStatement, type PairingStatement } from '../../src/protocol/proof.js'
import { newSigner } from '../support/keys.js'

const signer = newSigner()
const { publicKey } = signer
const pairing: PairingStatement = { context: 'counterfoil pair 1', code: 'ABCD-EFGH-JKMN', publicKey }
const connect: ConnectStatement = {
  context: 'counterfoil connect 1',
  relay: 'relay_00000000000000000000',
  terminal: 'term_00000000000000000000',
  epoch: 'A',
  nonce: 'n'.repeat(43),
  protocol: 1,
}

describe('a proof', () => {
  test('A1 is good for its statement and key', () => {
    for (const statement of [pairing, connect]) {
      const proof = prove(statement, signer)
      expect(proves(statement, publicKey, proof)).toBe(true)
      expect(proves(statement, newSigner().publicKey, proof)).toBe(false)
    }
  })

  test('A1 given for one purpose is worth nothing for the other', () => {
    expect(proves(connect, publicKey, prove(pairing, signer))).toBe(false)
    expect(proves(pairing, publicKey, prove(connect, signer))).toBe(false)
  })

  test('A1 covers every member of what was stated', () => {
    const proof = prove(connect, signer)
    for (const member of Object.keys(connect)) {
      const other = { ...connect, [member]: member === 'protocol' ? 2 : 'other' }
      expect(proves(other, publicKey, proof), member).toBe(false)
    }
  })

  test('A1 no other text is taken for it, nor another spelling of it', () => {
    const proof = prove(connect, signer)
    const last = proof.at(-1) ?? ''
    // The last character of 64 bytes in base64url carries four bits that mean nothing.
    const respelled = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef'].map((char) => proof.slice(0, -1) + char)
    for (const text of [`${proof}=`, `${proof} `, proof.toLowerCase(), ...respelled]) {
      expect(proves(connect, publicKey, text), text).toBe(text === proof && text.endsWith(last))
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(proves(connect, publicKey, text)).toBe(false)
      }),
    )
  })

  test('R1 a key that is none proves nothing, and throws nothing', () => {
    const proof = prove(connect, signer)
    fc.assert(
      fc.property(fc.string(), (key) => {
        expect(proves(connect, key, proof)).toBe(false)
      }),
    )
  })
})
