import { exportBundle, type ExportSource, type Spool } from '../../src/docs/bundle/write.js'
import { VIEWS } from '../../src/docs/views/index.js'
import type { View } from '../../src/docs/views/view.js'
import { SHOP } from '../support/shop.js'
import { RELAY, type Days } from './sealed-days.js'

export function memorySpool(): Spool {
  const held: string[] = []
  return { add: (line) => void held.push(line), lines: () => held }
}

async function* each<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list
}

/** An export bundle of these days, signed by their relay, whatever it claims. */
export async function bundleOf(
  days: Days,
  lies: Partial<ExportSource> = {},
  view: View = VIEWS.get('records') as View,
): Promise<Uint8Array> {
  const source: ExportSource = {
    by: { relay: RELAY, key: days.relay.publicKey },
    signer: days.relay,
    organisation: SHOP.organisation,
    shops: [{ id: SHOP.id, name: SHOP.name }],
    keys: days.keys,
    names: days.names,
    from: null,
    to: null,
    at: '2026-11-26T10:00:00.000Z',
    receipts: () => each(days.receipts),
    books: () => each(days.books),
    ...lies,
  }
  const pieces: Uint8Array[] = []
  for await (const piece of exportBundle(source, 'records', view, memorySpool())) pieces.push(piece)
  return new Uint8Array(Buffer.concat(pieces))
}
