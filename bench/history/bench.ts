/*
 * How long a page of history takes at a relay: as it is answered, beside what the whole document would cost. Run it with
 * `npm run bench:history`.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { interpretAsDocumentId, type BinaryDocumentId } from '@automerge/automerge-repo'
import * as A from '@automerge/automerge'
import { entriesAsOf, invoicesAsOf } from '../../src/docs/as-of.js'
import { recordsIn } from '../../src/docs/daybook.js'
import { DocumentHistory } from '../../src/docs/document-history.js'
import { plain, type FlatDoc } from '../../src/docs/flat.js'
import { historyOf } from '../../src/docs/history.js'
import type { DocumentId, DocumentName } from '../../src/docs/naming.js'
import { Order, type SortKey } from '../../src/docs/order.js'
import type { Shelf } from '../../src/docs/shelf.js'
import { timeline } from '../../src/docs/timeline.js'
import { Witnesses } from '../../src/docs/witness.js'
import { CHANGE_BYTES } from '../../src/protocol/limits.js'
import { DerivedDocuments } from '../../src/storage/derived-documents.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { DurableRepo } from '../../src/storage/durable-repo.js'
import { DurableStorageAdapter } from '../../src/storage/durable-adapter.js'
import { StoredDocuments } from '../../src/storage/stored-documents.js'
import { catalogueChanges, dayBookChanges, START_MS } from './documents.js'

const PAGE = 50
const ROUNDS = 5

interface Subject {
  readonly title: string
  readonly name: DocumentName
  readonly changes: readonly Uint8Array[]
  /** How a relay has it on its disk: a file a change, as day books come, or as automerge-repo saves it. */
  readonly stored: 'changes' | 'snapshot'
  /** What one asks an as-of for. */
  readonly asOf: (shelf: Shelf, until: number) => Promise<unknown>
  /** The same of the whole document. */
  readonly naive: (doc: A.Doc<FlatDoc>) => unknown
}

const shop = 'shop_bench000000'
const SUBJECTS: readonly Subject[] = [
  {
    title: 'day book of 2,000 invoices',
    name: {
      kind: 'daybook',
      shop,
      terminal: 'term_bench000000',
      code: 'T01',
      epoch: 'A',
      day: '2026-06-01',
      part: 1,
    },
    changes: dayBookChanges(2_000),
    stored: 'changes',
    asOf: (shelf, until) =>
      invoicesAsOf(shelf, { kind: 'everything' }, { of: 'relay' }, until, undefined, PAGE),
    naive: (doc) => [...recordsIn(doc)].slice(0, PAGE),
  },
  {
    title: 'catalogue shard of 10,000 changes',
    name: { kind: 'catalogue', shop, shard: 0 },
    changes: catalogueChanges(10_000, 400),
    stored: 'snapshot',
    asOf: (shelf, until) =>
      entriesAsOf(shelf, { kind: 'item', sku: 'S0007' }, { of: 'relay' }, until, undefined, PAGE),
    naive: (doc) => plain(doc['item/S0007/price']),
  },
]

for (const subject of SUBJECTS) await measure(subject)

async function measure({ title, name, changes, stored, asOf, naive }: Subject): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'counterfoil-bench-'))
  try {
    const storage = await DurableStorageAdapter.open({
      directory: join(root, 'documents'),
      quarantine: join(root, 'quarantine'),
      disk: nodeDisk,
      now: () => new Date(),
    })
    const id = interpretAsDocumentId(new Uint8Array(randomBytes(16)) as unknown as BinaryDocumentId)
    if (stored === 'changes') await storage.saveChanges(id, changes, true)
    else await storage.saveSaved(id, 'snapshot', A.save(A.applyChanges(A.init<FlatDoc>(), [...changes])[0]))
    const open = () => shelfOver(storage, join(root, 'history'), id, name, changes.length)
    const middle = await keyAt(open(), changes.length >> 1)
    const until = START_MS + (changes.length >> 1) * 1_000

    console.log(`\n${title}: ${changes.length} changes, median of ${ROUNDS}, milliseconds`)
    const whole = await median(async () => {
      const doc = await loaded(storage, id)
      const lines = [...historyOf(doc)].slice(0, PAGE)
      A.free(doc)
      return lines
    })
    const viewed = await median(async () => {
      const doc = await loaded(storage, id)
      const known = A.topoHistoryTraversal(doc).filter(
        (hash) => (A.inspectChange(doc, hash)?.time ?? 0) * 1_000 <= until,
      )
      const found = naive(A.view(doc, known.slice(-1)))
      A.free(doc)
      return found
    })
    const first = await median(async () => {
      await rm(join(root, 'history'), { recursive: true, force: true })
      return timeline(open(), { kind: 'everything' }, {}, undefined, PAGE)
    }, 3)
    const row = (what: string, ms: number, naiveMs: number): void =>
      console.log(
        `  ${what.padEnd(52)} ${ms.toFixed(1).padStart(8)}   ${(naiveMs / ms).toFixed(1).padStart(6)}× of ${naiveMs.toFixed(1)}`,
      )
    row('first page, nothing kept yet', first, whole)
    row('first page, after a start', await median(() => page(open(), undefined)), whole)
    row('a page in the middle, after a start', await median(() => page(open(), middle)), whole)
    row('as of the middle, after a start', await median(() => asOf(open(), until)), viewed)
    const warm = open()
    await page(warm, undefined)
    row('first page, again', await median(() => page(warm, undefined)), whole)
    row('a page in the middle, again', await median(() => page(warm, middle)), whole)
    row('as of the middle, again', await median(() => asOf(warm, until)), viewed)
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function loaded(storage: DurableStorageAdapter, id: DocumentId): Promise<A.Doc<FlatDoc>> {
  const chunks = (await storage.loadRange([id])).map(({ data }) => data ?? new Uint8Array())
  return A.load<FlatDoc>(Buffer.concat(chunks))
}

function page(shelf: Shelf, after: SortKey | undefined): Promise<unknown> {
  return timeline(shelf, { kind: 'everything' }, {}, after, PAGE)
}

async function keyAt(shelf: Shelf, count: number): Promise<SortKey | undefined> {
  return (await timeline(shelf, { kind: 'everything' }, {}, undefined, count)).next
}

/** As a relay that was just started has it: each change came a second after it was made. */
function shelfOver(
  storage: DurableStorageAdapter,
  folder: string,
  id: DocumentId,
  name: DocumentName,
  count: number,
): Shelf {
  const durable = new DurableRepo({
    storage,
    peerId: 'bench',
    sharing: { announce: () => false, access: () => false },
    onSaveFailed: () => undefined,
  })
  const histories = new DerivedDocuments({
    durable,
    stored: new StoredDocuments(durable, CHANGE_BYTES),
    folder: { path: folder, disk: nodeDisk },
    make: () => new DocumentHistory(),
    keepBytes: 64 * 1024 * 1024,
    onFailure: (_id, error) => {
      throw error
    },
  })
  let known: { order: Order; witnesses: Witnesses } | undefined
  return {
    documents: () => [[id, name]],
    open: async () => {
      const history = await histories.get(id)
      if (!history) throw new Error('The document is not there')
      if (!known) {
        known = { order: new Order(id, history), witnesses: new Witnesses(name) }
        for (let index = 0; index < count; index += 1) {
          const { hash, at } = history.at(index)
          known.witnesses.came('term_bench000000', [hash], at + 1_000, index)
        }
      }
      return { id, name, history, ...known }
    },
    isOver: () => false,
    shards: () => 1,
    terminal: () => undefined,
    shop: () => undefined,
  }
}

async function median(task: () => Promise<unknown>, rounds = ROUNDS): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const from = performance.now()
    await task()
    times.push(performance.now() - from)
  }
  return times.sort((a, b) => a - b)[rounds >> 1] ?? 0
}
