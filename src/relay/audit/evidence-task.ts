import type { Verdict } from '../../docs/generated/types.js'
import type { Problem } from '../../protocol/problem.js'

/** What a worker does with a relay's directory, which it only reads. */
export type EvidenceTask =
  | {
      readonly is: 'verify'
      readonly directory: string
      readonly relayKey: string
      /** Keys of terminals, by code and epoch. */
      readonly terminals: ReadonlyMap<string, string>
    }
  | {
      readonly is: 'bundle'
      readonly directory: string
      readonly format: string
      readonly from: string | null
      readonly to: string | null
    }

/** What it says while it works. After a `piece` it waits until it is told to go on. */
export type EvidenceWord =
  | { readonly is: 'progress'; readonly label: string; readonly done: number }
  | { readonly is: 'piece'; readonly bytes: Uint8Array }
  | { readonly is: 'end' }
  | { readonly is: 'verdict'; readonly verdict: Verdict }
  | { readonly is: 'problem'; readonly problem: Problem }
