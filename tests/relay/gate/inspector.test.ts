import * as A from '@automerge/automerge'
import { afterEach, describe, expect, test } from 'vitest'
import type { DocumentName } from '../../../src/docs/naming.js'
import { MESSAGE_LIMITS } from '../../../src/relay/gate/gate.js'
import type { InspectionTask } from '../../../src/relay/gate/inspection.js'
import { Inspector, INSPECTOR_LIMITS } from '../../../src/relay/gate/inspector.js'
import { noteText } from '../../../src/docs/change-note.js'
import { chunk, inflatingChange } from '../hostile/bytes.js'
import { MILLION_ITEMS } from './bombs.js'

const SHOP = 'shop_00000000000000000000'
const BILLS: DocumentName = { kind: 'bills', shop: SHOP, day: '2026-04-01' }
const open = new Set<Inspector>()
const endless = new URL('endless-worker.mjs', import.meta.url)

function inspector(...args: ConstructorParameters<typeof Inspector>): Inspector {
  const made = new Inspector(...args)
  open.add(made)
  return made
}
afterEach(async () => {
  for (const one of open) await one.close()
  open.clear()
})

const task = (blobs: readonly Uint8Array[], name: DocumentName = BILLS): InspectionTask => ({
  blobs,
  limits: MESSAGE_LIMITS,
  context: { name, catalogueShards: 16 },
})

function labelled(label: unknown): Uint8Array {
  const message = noteText({ terminal: 'T01', by: 'Asha', did: 'label' })
  const doc = A.change(A.init<Record<string, unknown>>(), { message }, (draft) => {
    draft['bill/bill_1/label'] = label
  })
  return A.getLastLocalChange(doc) as Uint8Array
}

describe('the inspector', () => {
  test('A3 tells sound changes from refused, malformed and costly ones, and goes on after each', async () => {
    const made = inspector()
    const sound = labelled(new A.ImmutableString('Table 4'))
    const verdicts = [
      await made.inspect(task([sound])),
      await made.inspect(task([labelled(5)])),
      await made.inspect(task([chunk(1, new Uint8Array([0, 0]))])),
      await made.inspect(task([inflatingChange()])),
      await made.inspect(task([MILLION_ITEMS])),
      await made.inspect(task([sound, sound])),
    ]
    expect(verdicts.map(({ is }) => is)).toEqual([
      'sound',
      'refused',
      'malformed',
      'too-much',
      'too-much',
      'sound',
    ])
    expect(verdicts[0]).toMatchObject({
      changes: [{ hash: A.decodeChange(sound).hash, seq: 1, operations: 1 }],
    })
  })

  test('A3 S4 one that never ends is ended, and the next is looked into', async () => {
    const made = inspector({ ...INSPECTOR_LIMITS, time: 300 }, endless)
    const late = { is: 'too-much', reason: 'it takes longer than 300 ms to read' }
    expect(await Promise.all([made.inspect(task([])), made.inspect(task([]))])).toEqual([late, late])
  })

  test('A3 one that eats memory is ended long before its time', async () => {
    const made = inspector({ time: 60_000, memory: 128 * 1024 * 1024 }, endless)
    const verdict = await made.inspect(task([], { kind: 'stock', shop: SHOP, shard: 0 }))
    expect(verdict).toEqual({ is: 'too-much', reason: 'it takes more than 134217728 bytes to read' })
  })

  test('A3 one that ends its reader is refused', async () => {
    const verdict = await inspector(INSPECTOR_LIMITS, endless).inspect(task([], { kind: 'shop', shop: SHOP }))
    expect(verdict).toMatchObject({ is: 'too-much' })
  })

  test('one that runs when the relay stops does not hold it up', async () => {
    const made = inspector({ ...INSPECTOR_LIMITS, time: 60_000 }, endless)
    const running = made.inspect(task([]))
    await Promise.resolve()
    await made.close()
    expect(await running).toMatchObject({ is: 'too-much' })
  })
})
