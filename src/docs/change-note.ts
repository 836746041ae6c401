/**
 * Every change carries in its Automerge message who made it and why, so that history can say so. The author claims
 * it; what proves a record is its signature.
 */
export interface ChangeNote {
  /** The terminal's code, or `relay`. */
  readonly terminal: string
  /** The person. */
  readonly by: string
  /** What was done, in a few words: `seal`, `price edit`, `import`. */
  readonly did: string
}

export function noteText(note: ChangeNote): string {
  return JSON.stringify({ terminal: note.terminal, by: note.by, did: note.did })
}

/** A message that is no note of ours is shown as it stands. */
export function readNote(message: string | null | undefined): ChangeNote {
  if (message) {
    try {
      const value = JSON.parse(message) as Record<string, unknown>
      if (typeof value === 'object' && value !== null) {
        const text = (key: string): string => (typeof value[key] === 'string' ? value[key] : '')
        return { terminal: text('terminal'), by: text('by'), did: text('did') }
      }
    } catch {
      // Not JSON: a foreign message.
    }
  }
  return { terminal: '', by: '', did: message ?? '' }
}

/** Whether a note says who made a change, at the terminal with this code. */
export function isNoteOf({ terminal, by }: ChangeNote, code: string): boolean {
  return terminal === code && by !== '' && by.length <= BY_LENGTH
}

/** Letters of a person's name in a note: as many as a record takes, and some. */
export const BY_LENGTH = 500
