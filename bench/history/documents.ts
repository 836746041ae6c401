import * as A from '@automerge/automerge'
import { advance, newChain } from '../../src/docs/chain-state.js'
import { noteText } from '../../src/docs/change-note.js'
import { composeInvoice } from '../../src/docs/compose.js'
import { recordKey } from '../../src/docs/daybook.js'
import { put, type FlatDoc } from '../../src/docs/flat.js'
import { sealRecord } from '../../src/docs/record.js'
import { newSigner, seeded } from '../../tests/support/keys.js'
import { line, SHOP } from '../../tests/support/shop.js'

/** When the first change was made, milliseconds since 1970; each is a second after the one before. */
export const START_MS = Date.parse('2026-06-01T04:00:00.000Z')

function options(by: string, did: string, index: number): A.ChangeOptions<FlatDoc> {
  const at = START_MS + index * 1_000
  return { message: noteText({ terminal: 'T01', by, did }), time: at / 1_000 }
}

/** A day book in which each invoice, of three lines, came in a change of its own: as dear as one can be. */
export function dayBookChanges(invoices: number): Uint8Array[] {
  const signer = newSigner()
  let doc = A.init<FlatDoc>()
  let state = newChain('T01', 'A')
  for (let index = 0; index < invoices; index += 1) {
    const position = index + 1
    const draft = {
      bill: `bill_${String(position).padStart(20, '0')}`,
      by: 'Asha',
      lines: ['1', '2', '3'].map((id) => line(id)),
      tenders: [{ type: 'cash' as const, minor: 35_400 }],
    }
    const at = new Date(START_MS + index * 1_000)
    const { stored, record } = sealRecord(composeInvoice(state, { shop: SHOP, at }, draft), signer)
    state = advance(state, record)
    doc = A.change(doc, options('Asha', 'seal invoice', index), (writing) => {
      writing[recordKey(position)] = stored
    })
  }
  return A.getAllChanges(doc)
}

/** A catalogue shard whose prices three managers edit, each apart from the others for a while. */
export function catalogueChanges(changes: number, items: number): Uint8Array[] {
  const random = seeded(7)
  let docs = [A.init<FlatDoc>()]
  const first = A.change(docs[0] ?? A.init<FlatDoc>(), options('Mira', 'import', 0), (draft) => {
    for (let item = 0; item < items; item += 1) {
      const key = `item/S${String(item).padStart(4, '0')}`
      draft[`${key}/name`] = new A.ImmutableString(`Item ${item}`)
      draft[`${key}/price`] = new A.ImmutableString('100')
    }
  })
  docs = [first, A.clone(first), A.clone(first)]
  for (let index = 1; index < changes; index += 1) {
    const who = Math.floor(random() * docs.length)
    // Now and then one hears of what another did.
    const heard = random() < 0.02 ? A.clone(docs[(who + 1) % docs.length] ?? first) : undefined
    const before = heard ? A.merge(docs[who] ?? first, heard) : (docs[who] ?? first)
    const key = `item/S${String(Math.floor(random() * items)).padStart(4, '0')}/price`
    docs[who] = A.change(before, options(`Manager ${who}`, 'price edit', index), (draft) => {
      put(draft, before, key, String(index + 1_000))
    })
  }
  return A.getAllChanges(docs.reduce((all, doc) => A.merge(all, A.clone(doc)), A.clone(first)))
}
