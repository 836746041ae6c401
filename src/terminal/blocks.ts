import { Refused } from '../protocol/problem.js'

/** Why nothing may be sealed now. Bills can still be edited, and everything can be synced. */
export type Block = 'copied' | 'damaged' | 'restored' | 'superseded'

/** What a cashier is told, with what helps. */
export const BLOCKS: Readonly<Record<Block, string>> = {
  copied:
    'This data directory was copied or restored from a backup. Its numbers may be in use elsewhere, so it needs a new epoch: sync it with the relay, or pair it again.',
  damaged:
    'A damaged file may hold the last sealed record, so the next number cannot be known. Sync this terminal with the relay: it returns what it has, or gives a new epoch.',
  restored:
    'The relay holds later records of this terminal than this data directory, which was restored from a backup. It needs a new epoch: sync it with the relay, or pair it again.',
  superseded:
    'Another directory seals as this terminal now, in a later epoch. What is here can still be synced. To bill here, pair this directory again.',
}

export function blocked(block: Block): Refused {
  return new Refused('conflict', `blocked-${block}`, BLOCKS[block])
}
