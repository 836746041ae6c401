import type { Block } from '../docs/generated/types.js'
import { Refused } from '../protocol/problem.js'

/** Why nothing may be sealed now. Bills can still be edited, and everything can be synced. */
export type { Block } from '../docs/generated/types.js'

/** What a cashier is told, with what helps. */
export const BLOCKS: Readonly<Record<Block, string>> = {
  copied:
    'This data directory was copied or restored from a backup. Its numbers may be in use elsewhere, so it needs a new epoch: sync it with the relay, or pair it again.',
  damaged:
    'A damaged file may hold the last sealed record, so the next number cannot be known. Sync this terminal with the relay: it returns what it has, or gives a new epoch.',
  forked:
    'Two directories sealed as this terminal with the same numbers, so this series has ended. Everything is kept. Sync this terminal: the first copy that does gets a new epoch; the other has to be paired again, by the relay operator.',
  moved:
    'The relay operator moved this terminal to a new epoch, and the answer that named it was lost. Sync this terminal with the relay: it gets the same epoch again.',
  restored:
    'The relay holds later records of this terminal than this data directory, which was restored from a backup. It needs a new epoch: sync it with the relay, or pair it again.',
  revoked:
    'The relay operator revoked this terminal. Everything it holds is kept on this disk. Ask the operator to take in what is not sent yet, or to reinstate this terminal and give a new pairing code.',
  superseded:
    'Another directory seals as this terminal now, in a later epoch. What is here can still be synced. To bill here, pair this directory again.',
}

export function blocked(block: Block): Refused {
  return new Refused('conflict', `blocked-${block}`, BLOCKS[block])
}

/** What a cashier is told of two live copies, with what helps. */
export function forkMessage(what: string): string {
  return `Two live copies of this terminal were seen: ${what}. Both copies' sales are kept. Find the other directory and end it, then tell the relay operator, who settles the alarm.`
}
