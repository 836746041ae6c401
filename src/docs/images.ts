import type * as A from '@automerge/automerge'
import { jsonAt, keyOf, keysUnder, put, segmentsOf, type FlatDoc } from './flat.js'
import type { ImageFacts } from './generated/types.js'

export type { ImageFacts } from './generated/types.js'

/** The images of a shop, by the SHA-256 of their bytes. Images that no item shows any more stay named. */
export function imagesIn(doc: A.Doc<FlatDoc>): Map<string, ImageFacts> {
  const found = new Map<string, ImageFacts>()
  for (const key of keysUnder(doc, 'image')) {
    const facts = jsonAt(doc, key) as ImageFacts | undefined
    const [, sha256] = segmentsOf(key)
    if (facts && sha256 !== undefined) found.set(sha256, facts)
  }
  return found
}

/** Whether the shop has an image of this hash. */
export function isNamed(doc: A.Doc<FlatDoc>, sha256: string): boolean {
  return doc[keyOf('image', sha256)] !== undefined
}

/** Names an image, inside a change. */
export function nameImage(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  sha256: string,
  { bytes, type }: ImageFacts,
): void {
  put(draft, before, keyOf('image', sha256), JSON.stringify({ bytes, type }))
}
