import { Refused } from '../protocol/problem.js'

/** The base URL of a relay, checked. @throws Refused `bad-relay-url` */
export function relayUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new Refused(
      'invalid',
      'bad-relay-url',
      `"${text}" is no address. Give one such as https://relay.example.com:8700.`,
    )
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Refused(
      'invalid',
      'bad-relay-url',
      `The relay's address begins with http:// or https://, not ${url.protocol}//.`,
    )
  }
  return url.origin
}

/** Whether what is sent to an address can be read or changed on the way: it leaves this machine without TLS. */
export function isInsecure(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  // URL spells every IPv4 address as four numbers, however it was typed.
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
  return protocol !== 'https:' && !loopback
}

/** @throws Refused `insecure-relay` where the address has no TLS, is not this machine's, and nobody has said that it may */
export function refuseInsecure(origin: string, allowed: boolean): void {
  if (allowed || !isInsecure(origin)) return
  throw new Refused(
    'invalid',
    'insecure-relay',
    `What is sent to ${origin} can be read and changed on the way: that address has no TLS and is not on this machine. Pair with an https:// address; or, in a network you trust, pair with --insecure.`,
  )
}
