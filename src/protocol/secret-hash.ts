import { scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'

/**
 * What is stored of a PIN or password: `scrypt$N$r$p$salt$hash`, salt and hash base64url. The cost stands in the text,
 * so that it can be raised later and old hashes still verify.
 */
export interface HashCost {
  /** A power of two: memory and time grow with it. */
  readonly N: number
  readonly r: number
  readonly p: number
}

/**
 * 32 MiB and about 0.1 s on a till of today. A PIN of four digits stands 10,000 tries at this rate for some minutes
 * only: what protects it is the wait after wrong tries, and that the hash lies on guarded disks.
 */
export const SECRET_COST: HashCost = { N: 2 ** 15, r: 8, p: 1 }

/** A stored text must not choose to stop the process: 128 MiB, and four times the work of a cost of today. */
const MOST = { N: 2 ** 17, r: 16, p: 4, memory: 128 * 1024 * 1024 } as const
/** Less than this protects nothing, and was never written by this software. */
const LEAST_N = 2 ** 14

const SALT_BYTES = 16
const HASH_BYTES = 32

interface Stored extends HashCost {
  readonly salt: Buffer
  readonly hash: Buffer
}

/** @param random gives so many random bytes */
export async function hashSecret(
  secret: string,
  random: (bytes: number) => Uint8Array,
  cost: HashCost = SECRET_COST,
): Promise<string> {
  const salt = Buffer.from(random(SALT_BYTES))
  const hash = await derive(secret, salt, cost, HASH_BYTES)
  const { N, r, p } = cost
  return `scrypt$${N}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`
}

/** Whether `secret` is what was hashed. False, at once, for a stored text that is no hash or whose cost is out of bounds. */
export async function verifySecret(secret: string, stored: string): Promise<boolean> {
  const known = parse(stored)
  if (!known) return false
  const { salt, hash, N, r, p } = known
  return timingSafeEqual(await derive(secret, salt, { N, r, p }, hash.length), hash)
}

/**
 * A hash that no secret has, so that a name nobody has takes as long as one somebody has.
 * @param like its cost is that of this hash
 */
export function impossibleHash(like: HashCost = SECRET_COST): string {
  const none = Buffer.alloc(HASH_BYTES).toString('base64url')
  return `scrypt$${like.N}$${like.r}$${like.p}$${Buffer.alloc(SALT_BYTES).toString('base64url')}$${none}`
}

function parse(stored: string): Stored | undefined {
  const match = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d)\$([\w-]{22})\$([\w-]{43})$/.exec(stored)
  if (!match) return undefined
  const [N, r, p] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const powerOfTwo = Number.isInteger(Math.log2(N))
  if (!powerOfTwo || N < LEAST_N || N > MOST.N || r < 1 || r > MOST.r || p < 1 || p > MOST.p) return undefined
  if (128 * N * r > MOST.memory) return undefined
  return {
    N,
    r,
    p,
    salt: Buffer.from(match[4] ?? '', 'base64url'),
    hash: Buffer.from(match[5] ?? '', 'base64url'),
  }
}

function derive(secret: string, salt: Buffer, { N, r, p }: HashCost, bytes: number): Promise<Buffer> {
  // Node refuses more than 32 MiB unless told; the derivation needs a little beside its table.
  const options: ScryptOptions = { N, r, p, maxmem: 128 * N * r + 1024 * 1024 * p }
  return new Promise((resolve, reject) => {
    // One keyboard writes é as one character, another as two.
    scrypt(secret.normalize('NFKC'), salt, bytes, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}
