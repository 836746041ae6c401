import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  prove,
  proves,
  type ChallengeStatement,
  type ConnectStatement,
  type PairingStatement,
} from '../../src/protocol/proof.js'
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

const challenge: ChallengeStatement = {
  context: 'counterfoil challenge 1',
  relay: 'relay_00000000000000000000',
  terminal: 'term_00000000000000000000',
  terminalNonce: 't'.repeat(43),
  nonce: 'n'.repeat(43),
}
const statements = [pairing, challenge, connect]

describe('a proof', () => {
  test('A1 is good for its statement and key', () => {
    for (const statement of statements) {
      const proof = prove(statement, signer)
      expect(proves(statement, publicKey, proof)).toBe(true)
      expect(proves(statement, newSigner().publicKey, proof)).toBe(false)
    }
  })

  test('A1 given for one purpose is worth nothing for another', () => {
    for (const given of statements) {
      for (const asked of statements) {
        expect(proves(asked, publicKey, prove(given, signer))).toBe(asked === given)
      }
    }
  })

  test('A1 covers every member of what was stated', () => {
    for (const statement of [challenge, connect]) {
      const proof = prove(statement, signer)
      for (const member of Object.keys(statement)) {
        const other = { ...statement, [member]: member === 'protocol' ? 2 : 'other' }
        expect(proves(other, publicKey, proof), member).toBe(false)
      }
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
