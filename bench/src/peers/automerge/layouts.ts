import type { DocHandle, Repo } from '@automerge/automerge-repo'
import type { Invoice } from '../../invoices.js'
import type { DocumentList } from './document-list.js'
import type { Layout } from './store.js'

/** The day of a terminal: a map of invoices, in nested maps and lists, as Automerge is used. */
interface Day {
  invoices: Record<string, Invoice>
}

/** Days of one terminal that stay in memory. All of 10,000 invoices do; a year does not. */
const DAYS_IN_MEMORY = 40

/** One document for each invoice, which is the document. */
export const perInvoice: Layout = {
  async put(invoice, repo, list) {
    const handle = repo.create<Invoice>(invoice)
    await repo.flush([handle.documentId])
    list.add(invoice.id, handle.documentId)
  },
  invoicesOf: (document) => [document as Invoice],
}

/** One document for each day. */
export const perDay: Layout = {
  async put(invoice, repo, list) {
    const handle = await dayOf(invoice.day, repo, list)
    list.noteChange(handle.documentId)
    handle.change((day) => {
      day.invoices[invoice.id] = invoice
    })
    await repo.flush([handle.documentId])
  },
  invoicesOf: (document) => Object.values((document as Day).invoices),
}

async function dayOf(day: string, repo: Repo, list: DocumentList): Promise<DocHandle<Day>> {
  const id = list.get(day)
  if (id !== undefined) return repo.find<Day>(id)
  const handle = repo.create<Day>({ invoices: {} })
  await repo.flush([handle.documentId])
  list.add(day, handle.documentId)
  const [oldest, ...younger] = Object.values(repo.handles)
  if (oldest && younger.length >= DAYS_IN_MEMORY) await repo.removeFromCache(oldest.documentId)
  return handle
}
