import type { BucketSize } from './buckets.js'

/** What one relay carries over HTTP, each with its reason. A test gives smaller ones. */
export interface HttpLimits {
  /** From the opening of a connection, and of each request on it, to the end of its headers. */
  readonly headersMs: number
  /** To the end of its body. */
  readonly requestMs: number
  /** To the end of the TLS handshake. */
  readonly handshakeMs: number
  /** How often connections are looked at for being late. */
  readonly checkMs: number
  readonly headerBytes: number
  readonly headerCount: number
  /** Connections at once, from wherever. */
  readonly connections: number
  readonly connectionsPerAddress: number
  readonly socketsPerAddress: number
  /** Requests of one address that prove nothing yet: challenge, connect, pair, sign-in. */
  readonly unproven: BucketSize
}

export const HTTP_LIMITS: HttpLimits = {
  // Headers are one packet: ten seconds are for a mobile network that has just woken up.
  headersMs: 10_000,
  // A part of an upload of 4 MiB at 250 kbit/s; the terminal itself gives up after two minutes.
  requestMs: 150_000,
  // Two round trips and a signature.
  handshakeMs: 10_000,
  // A late one lives at most a quarter longer.
  checkMs: 2_500,
  // Ours are some hundred bytes; browsers behind a proxy send two or three thousand.
  headerBytes: 8 * 1024,
  headerCount: 60,
  // A thousand terminals have a socket and a request or two each; a process may usually open 16 thousand files or more.
  connections: 8_000,
  // All terminals of an organisation may stand behind one address (NAT): a thousand with a socket and two requests.
  connectionsPerAddress: 3_500,
  // A thousand, and those that the network lost and nobody has noticed yet.
  socketsPerAddress: 2_000,
  // A thousand terminals that return at once ask twice each; after that 100 a second is one return in twenty seconds.
  unproven: { burst: 4_000, perSecond: 100 },
}
