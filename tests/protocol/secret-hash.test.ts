import { randomBytes, scryptSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { hashSecret, impossibleHash, SECRET_COST, verifySecret } from '../../src/protocol/secret-hash.js'

const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes))

describe('hashes of PINs and passwords', () => {
  test('A1 are verified by the secret alone, are salted, and name their cost', async () => {
    const [one, two] = [await hashSecret('4711', random), await hashSecret('4711', random)]
    expect(one).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/)
    expect(one).not.toBe(two)
    expect(await verifySecret('4711', one)).toBe(true)
    expect(await verifySecret('4711', two)).toBe(true)
    for (const wrong of ['4712', '471', '47110', '', ' 4711'])
      expect(await verifySecret(wrong, one)).toBe(false)
  })

  test('are scrypt as RFC 7914 has it, so that other software can verify them', async () => {
    const stored = await hashSecret('hello', random)
    const [, N, r, p, salt = '', hash] = stored.split('$')
    const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: 64 * 1024 * 1024 }
    expect(scryptSync('hello', Buffer.from(salt, 'base64url'), 32, options).toString('base64url')).toBe(hash)
  })

  test('keep verifying when the cost is raised, and a letter is the same however it was typed', async () => {
    const cheap = await hashSecret('passé', random, { ...SECRET_COST, N: 2 ** 14 })
    expect(cheap).toMatch(/^scrypt\$16384\$/)
    expect(await verifySecret('passe\u0301', cheap)).toBe(true)
    expect(await verifySecret('passe', cheap)).toBe(false)
  })

  test('R1 a stored text that is no hash, or that asks for too much or too little work, fits no secret', async () => {
    const good = await hashSecret('1234', random, { ...SECRET_COST, N: 2 ** 14 })
    const [, , , , salt, hash] = good.split('$')
    for (const bad of [
      '',
      'plain',
      `bcrypt$16384$8$1$${salt}$${hash}`,
      `scrypt$16383$8$1$${salt}$${hash}`,
      `scrypt$1024$8$1$${salt}$${hash}`,
      `scrypt$4194304$8$1$${salt}$${hash}`,
      `scrypt$131072$16$1$${salt}$${hash}`,
      `scrypt$16384$0$1$${salt}$${hash}`,
      `scrypt$16384$8$9$${salt}$${hash}`,
      `scrypt$16384$8$1$${salt}$`,
      `scrypt$16384$8$1$$${hash}`,
      `${good}\n`,
      impossibleHash(),
    ]) {
      const begun = process.hrtime.bigint()
      expect(await verifySecret('1234', bad), bad).toBe(false)
      expect(process.hrtime.bigint() - begun).toBeLessThan(5_000_000_000n)
    }
  })
})
