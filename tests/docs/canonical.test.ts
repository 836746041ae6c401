import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, isCanonical, NotCanonical } from '../../src/docs/canonical.js'

const name = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('10', '9', 'a', '__proto__', '\ud800'),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\ud800', 'a\udfff', '\\ud800', '\u2028', '\u0000'),
    fc.double(),
    fc.integer(),
    fc.constantFrom(null, true, false, undefined, -0, 1e21, 1e-7),
    fc.array(tie('value')),
    fc.dictionary(name, tie('value')),
  ),
}))

/** What the library, which the fast way goes past, makes of it. */
function byLibrary(given: unknown): string | undefined {
  try {
    return canonicalize(given)
  } catch {
    return undefined
  }
}

function ours(given: unknown): string | undefined {
  try {
    return canonicalJson(given)
  } catch (error) {
    expect(error).toBeInstanceOf(NotCanonical)
    return undefined
  }
}

describe('canonical JSON (RFC 8785)', () => {
  test('is what the library makes of any value, or refuses to', () => {
    fc.assert(
      fc.property(value, (given) => {
        const text = ours(given)
        expect(text).toBe(byLibrary(given))
        if (text !== undefined) expect(isCanonical(text, JSON.parse(text))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('sorts members by UTF-16 units, also where they look like an index', () => {
    expect(canonicalJson({ b: 1, a: { 10: 1, 9: 2 }, '\u{1f600}': 0, '\ufb33': 0 })).toBe(
      '{"a":{"10":1,"9":2},"b":1,"\u{1f600}":0,"\ufb33":0}',
    )
  })

  test.each([NaN, Infinity, undefined, '\ud800', { a: ['x\udc00'] }, () => 1])('refuses %o', (given) => {
    expect(() => canonicalJson(given)).toThrow(NotCanonical)
  })

  test('takes no value for canonical whose text is spelled otherwise', () => {
    for (const text of [
      '{"b":1,"a":2}',
      '{"a": 1}',
      '1.0',
      '"\\u0041"',
      '"\\ud800"',
      '{"10":1,"9":2,"a":1} ',
    ])
      expect(isCanonical(text, JSON.parse(text))).toBe(false)
  })
})
