import { describe, expect, test } from 'vitest'
import { formatPairingLink, parsePairingLink } from '../../src/protocol/pairing-link.js'
import { isOlder } from '../../src/protocol/version.js'

describe('a pairing link', () => {
  test('says where the relay is, and the code', () => {
    const link = { relay: 'https://relay.example:8700/a&b', code: 'ABCD-EFGH-JKMN' }
    expect(parsePairingLink(` ${formatPairingLink(link)}\n`)).toEqual(link)
  })

  test.each(['', 'ABCD-EFGH-JKMN', 'https://relay.example/', 'counterfoil:pair?', 'counterfoil:pair?code=A'])(
    'R1 %j is none',
    (text) => {
      expect(() => parsePairingLink(text)).toThrow('no pairing link')
    },
  )
})

test.each([
  ['0.1.0', '0.2.0', true],
  ['0.9.0', '0.10.0', true],
  ['1.0.0', '1.0.0', false],
  ['2.0.0', '1.9.9', false],
  ['1.0.0-rc.1', '1.0.0', true],
  ['1.0.0', '1.0.0-rc.1', false],
  ['<script>', '1.0.0', false],
])('version %s before %s: %s', (version, than, expected) => {
  expect(isOlder(version, than)).toBe(expected)
})
