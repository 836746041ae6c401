import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import express from 'express'
import { Refused } from '../protocol/problem.js'

/** Whether an address is of a proxy that may say whom it asks for. */
export type Trust = (address: string) => boolean

/**
 * @param proxies addresses and CIDR ranges of the config; express reads them, so that both agree
 * @throws Refused `bad-proxies`
 */
export function trustOf(proxies: readonly string[]): Trust {
  const app = express()
  try {
    app.set('trust proxy', [...proxies])
  } catch (error) {
    throw new Refused(
      'invalid',
      'bad-proxies',
      `"proxies" of the config must list addresses or CIDR ranges, such as 10.0.0.5 or 10.0.0.0/8: ${(error as Error).message}`,
    )
  }
  const trust = app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean
  return (address) => trust(address, 0)
}

/** Where a request comes from: forwarded addresses count as far as proxies that are named in the config say them. */
export function addressOf(request: IncomingMessage, trust: Trust): string {
  let address = request.socket.remoteAddress ?? ''
  const forwarded = [request.headers['x-forwarded-for'] ?? ''].flat().join(',').split(',')
  while (trust(address)) {
    const before = forwarded.pop()?.trim()
    if (!before) break
    address = before
  }
  return address
}

/** What is counted as one sender: an IPv6 site has 2^64 addresses, and is one. */
export function keyOfAddress(address: string | undefined): string {
  const plain = (address ?? '').replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('%')[0]?.split('::') ?? []
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0')
  return [...first, ...gap, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
