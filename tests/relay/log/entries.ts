import type { LogEntry } from '../../../src/docs/generated/types.js'
import { entryHash } from '../../../src/docs/log-entry.js'
import { EMPTY_ROOT, nodeHash } from '../../../src/docs/merkle.js'

/** A receipt that enters the log; its signature is none, which the log does not look at. */
export function receipt(serial: number, what = 'a'): LogEntry {
  return {
    v: 1,
    type: 'custody-receipt',
    receipt: {
      body: {
        v: 1,
        type: 'custody-receipt',
        relay: 'relay_0123456789abcdef',
        terminal: 'term_0123456789abcdef',
        serial,
        at: '2026-04-01T10:00:00.000Z',
        documents: [{ id: '4NMNnkMhL8jXrdJ9jamS58PAVdXu', heads: [what.repeat(64)] }],
      },
      signature: 'A'.repeat(86),
    },
  }
}

export function dayClose(position: number): LogEntry {
  return {
    v: 1,
    type: 'day-close',
    terminal: 'term_0123456789abcdef',
    code: 'T01',
    epoch: 'A',
    position,
    hash: 'A'.repeat(43),
  }
}

export function receipts(count: number, from = 1): LogEntry[] {
  return Array.from({ length: count }, (_, index) => receipt(from + index))
}

/** The root of RFC 9162 §2.1.1, read off its definition. */
export function rootOfEntries(entries: readonly LogEntry[]): Uint8Array {
  const root = (leaves: readonly Uint8Array[]): Uint8Array => {
    const [only] = leaves
    if (!only || leaves.length === 1) return only ?? EMPTY_ROOT
    let split = 1
    while (split * 2 < leaves.length) split *= 2
    return nodeHash(root(leaves.slice(0, split)), root(leaves.slice(split)))
  }
  return root(entries.map(entryHash))
}
