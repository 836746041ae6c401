import { argumentsOf } from '../../server-process.js'
import { serveTill } from '../../till-server.js'
import { localDatabase } from './database.js'
import { documentOfInvoice, type InvoiceFields } from './documents.js'

const invoices = localDatabase<InvoiceFields>(argumentsOf().dir, 'invoices')
serveTill(
  async (invoice) => {
    await invoices.put(documentOfInvoice(invoice))
  },
  () => invoices.close(),
)
