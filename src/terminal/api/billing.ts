import { Router } from 'express'
import type { Bill } from '../../docs/bills.js'
import { exportSale } from '../../docs/export.js'
import type {
  AddLine,
  BillList,
  BillView,
  CreditRequest,
  DrawerOpened,
  DrawerRequest,
  EditBill,
  EditLine,
  DayCloseRecord,
  InvoicesAnswer,
  OnlyBy,
  OpenBill,
  OpenDay,
  ReprintRequest,
  SaleCopy,
  SaleRequest,
  SaleSealed,
  SealBill,
  SealedNumber,
  TrainingSale,
} from '../../docs/generated/types.js'
import { PricingError } from '../../docs/pricing.js'
import type { SaleRecord } from '../../docs/record.js'
import { bodyOf, queryOf } from '../../protocol/http.js'
import { Refused } from '../../protocol/problem.js'
import type { Told } from '../../protocol/told.js'
import type { Agent } from '../agent.js'
import { draftOf, type Touched } from '../bill-desk.js'
import type { Sold } from '../till.js'
import { personOf, TERMINAL_API } from './person.js'
import { saleView } from './sale-view.js'

const MOST_LISTED = 200

/** Bills, sales, corrections and the day. */
export function billingApi(agent: Agent): Router {
  const api = Router()
  const { desk, till } = agent

  api.get('/bills', async (_request, response) => {
    const bills = await desk.unsealed()
    const answer: Told<BillList> = { bills: await Promise.all(bills.map((bill) => viewOf(agent, bill))) }
    response.json(answer)
  })
  api.post('/bills', async (request, response) => {
    const { by, line } = bodyOf<OpenBill>(request, `${TERMINAL_API}OpenBill`)
    const touched = await desk.open(personOf(agent, response, { by }), line)
    response.status(201).json(await touchedView(agent, touched))
    agent.syncer.pushSoon()
  })
  api.get('/bills/:bill', async (request, response) => {
    response.json(await viewOf(agent, await desk.get(request.params.bill)))
  })
  api.patch('/bills/:bill', async (request, response) => {
    const { by, ...edit } = bodyOf<EditBill>(request, `${TERMINAL_API}EditBill`)
    response.json(
      await viewOf(agent, await desk.edit(personOf(agent, response, { by }), request.params.bill, edit)),
    )
    // A parked bill is to be recalled elsewhere, and the relay may not know yet that there are bills of this day.
    agent.syncer.pushSoon()
  })
  api.post('/bills/:bill/lines', async (request, response) => {
    const { by, ...wanted } = bodyOf<AddLine>(request, `${TERMINAL_API}AddLine`)
    const touched = await desk.addLine(personOf(agent, response, { by }), request.params.bill, wanted)
    response.status(201).json(await touchedView(agent, touched))
  })
  api.patch('/bills/:bill/lines/:line', async (request, response) => {
    const { by, ...edit } = bodyOf<EditLine>(request, `${TERMINAL_API}EditLine`)
    const { bill, line } = request.params
    response.json(
      await viewOf(agent, await desk.editLine(personOf(agent, response, { by }), bill, line, edit)),
    )
  })
  api.post('/bills/:bill/seal', async (request, response) => {
    const { by, tenders } = bodyOf<SealBill>(request, `${TERMINAL_API}SealBill`)
    const sold = await desk.seal(personOf(agent, response, { by }), request.params.bill, tenders)
    response.status(sold.again ? 200 : 201).json(soldView(agent, sold))
  })

  api.post('/bills/:bill/practise', async (request, response) => {
    const { by, tenders } = bodyOf<SealBill>(request, `${TERMINAL_API}SealBill`)
    const answer: Told<TrainingSale> = await desk.practise(
      personOf(agent, response, { by }),
      request.params.bill,
      tenders,
    )
    response.status(201).json(answer)
  })
  api.post('/training/start', async (request, response) => {
    const body = bodyOf<OnlyBy>(request, `${TERMINAL_API}OnlyBy`)
    await agent.training.start(personOf(agent, response, body))
    response.json(await agent.status())
  })
  api.post('/training/end', async (request, response) => {
    const body = bodyOf<OnlyBy>(request, `${TERMINAL_API}OnlyBy`)
    await desk.endTraining(personOf(agent, response, body))
    response.json(await agent.status())
  })

  api.post('/sales', async (request, response) => {
    const { by, ...sale } = bodyOf<SaleRequest>(request, `${TERMINAL_API}SaleRequest`)
    const sold = await till.sell({ ...sale, by: personOf(agent, response, { by }) })
    response.status(sold.again ? 200 : 201).json(soldView(agent, sold))
  })
  api.post('/credit-notes', async (request, response) => {
    const { by, ...credit } = bodyOf<CreditRequest>(request, `${TERMINAL_API}CreditRequest`)
    const sold = await till.credit({ ...credit, by: personOf(agent, response, { by }) })
    response.status(sold.again ? 200 : 201).json(soldView(agent, sold))
  })

  api.get('/invoices', async (request, response) => {
    const number = queryOf(request, 'number')
    if (number !== undefined) {
      const { invoice, corrections } = await agent.lookup.find(number)
      const found: Told<InvoicesAnswer> = {
        invoice: saleView(agent, invoice),
        corrections: corrections.map((sale) => saleView(agent, sale)),
      }
      response.json(found)
      return
    }
    const limit = Math.min(Number(queryOf(request, 'limit') ?? 20) || 20, MOST_LISTED)
    const last = await agent.lookup.recent(limit)
    const answer: Told<InvoicesAnswer> = { invoices: last.map((sale) => saleView(agent, sale)) }
    response.json(answer)
  })
  api.post('/invoices/reprint', async (request, response) => {
    const { by, number } = bodyOf<ReprintRequest>(request, `${TERMINAL_API}ReprintRequest`)
    const { invoice } = await agent.lookup.find(number)
    const duplicate = await agent.copies.next(personOf(agent, response, { by }), number)
    const answer: Told<SaleCopy> = { ...saleView(agent, invoice), duplicate }
    response.status(201).json(answer)
  })
  api.post('/drawer', async (request, response) => {
    const { by, reason } = bodyOf<DrawerRequest>(request, `${TERMINAL_API}DrawerRequest`)
    const person = personOf(agent, response, { by })
    await agent.chain.event(person, 'drawer', reason === undefined ? {} : { reason })
    const answer: DrawerOpened = { by: person, reason: reason ?? null }
    response.status(201).json(answer)
  })
  api.get('/sealed', async (request, response) => {
    const externalRef = queryOf(request, 'externalRef')
    if (externalRef === undefined)
      throw new Refused('invalid', 'invalid-query', 'Name the reference: ?externalRef=…')
    const answer: SealedNumber = { number: (await agent.chain.refs.get(externalRef)) ?? null }
    response.json(answer)
  })

  api.get('/day', (_request, response) => {
    const { day, totals, perpetual } = agent.chain.state
    const answer: Told<OpenDay> = { ...(day === undefined ? {} : { day }), totals, perpetual }
    response.json(answer)
  })
  api.post('/day/close', async (request, response) => {
    const body = bodyOf<OnlyBy>(request, `${TERMINAL_API}OnlyBy`)
    const answer: Told<DayCloseRecord> = (await till.closeDay(personOf(agent, response, body))).body
    response.status(201).json(answer)
  })

  return api
}

/** A bill with what it would come to; or why it cannot be priced, so that a cashier can mend it. */
async function viewOf(agent: Agent, bill: Bill): Promise<Told<BillView>> {
  const sealed = Object.fromEntries(bill.sealed)
  const draft = draftOf(bill)
  if (draft.lines.length === 0) return { ...bill, sealed, priced: null }
  try {
    const priced = agent.till.price(draft)
    return { ...bill, sealed, priced, oversold: await agent.stock.oversoldBy(draft.lines) }
  } catch (error) {
    if (error instanceof PricingError)
      return { ...bill, sealed, priced: null, problem: error.message, reason: error.name }
    throw error
  }
}

/** The bill, and of what came onto it what a page that only sent a scan does not know. */
async function touchedView(agent: Agent, { bill, added }: Touched): Promise<Told<BillView>> {
  const view = await viewOf(agent, bill)
  if (!added) return view
  return { ...view, added: { sku: added.sku, name: added.name, inConflict: added.conflicts.length > 0 } }
}

function soldView(agent: Agent, { record, again }: Sold<SaleRecord>): Told<SaleSealed> {
  const { body } = record
  return {
    invoice: saleView(agent, exportSale(record, body, false)),
    change: body.type === 'invoice' ? body.change : 0,
    again,
  }
}
