import { Router, type Request } from 'express'
import type {
  ConflictList,
  EditItems,
  FoundItems,
  ItemsEdited,
  ItemsProgress,
  ItemView,
  ShopView,
  TaxList,
} from '../../docs/generated/types.js'
import { summariesIn } from '../../docs/sales.js'
import { answerLong, bodyOf, queryOf } from '../../protocol/http.js'
import { Refused } from '../../protocol/problem.js'
import type { Told } from '../../protocol/told.js'
import type { Agent } from '../agent.js'
import { personOf, TERMINAL_API } from './person.js'

const MOST_FOUND = 200

/** Items, stock, and what the relay tells of the shop's sales. */
export function catalogueApi(agent: Agent): Router {
  const api = Router()

  api.get('/items', async (request, response) => {
    const limit = Math.min(Number(queryOf(request, 'limit') ?? 50) || 50, MOST_FOUND)
    const offset = Math.max(0, Math.floor(Number(queryOf(request, 'offset') ?? 0)) || 0)
    const text = queryOf(request, 'query') ?? ''
    const { items, total } = await agent.catalogue.search(text, limit, offset, isAsked(request, 'withdrawn'))
    const shown = await Promise.all(
      items.map(async (item) => ({ ...item, ...(await agent.stock.fact(item.sku)) })),
    )
    const answer: Told<FoundItems> = { items: shown, total }
    response.json(answer)
  })
  api.get('/items/:sku', async (request, response) => {
    response.json(await agent.catalogue.view(request.params.sku))
  })
  api.post('/items', async (request, response) => {
    const {
      by,
      items,
      received = [],
      whileDisconnected = false,
    } = bodyOf<EditItems>(request, `${TERMINAL_API}EditItems`)
    const did = items.length === 1 ? 'edit item' : `import ${items.length} items`
    await answerLong<ItemsProgress, ItemsEdited>(request, response, async (progress, signal) => {
      const changed = await agent.catalogue.edit(
        personOf(agent, response, { by }),
        did,
        items,
        { whileDisconnected },
        (done) => progress({ done, total: items.length }),
      )
      agent.syncer.pushSoon()
      if (received.length > 0) await agent.link.use((session) => session.receiveStock(received, signal))
      return { items: items.length, changed, received: received.length }
    })
  })

  api.get('/stock/:sku', async (request, response) => {
    response.json(await agent.stock.view(request.params.sku))
  })
  api.get('/taxes', async (_request, response) => {
    const counts = new Map<string, number>()
    for await (const { tax } of agent.catalogue.all()) counts.set(tax, (counts.get(tax) ?? 0) + 1)
    const taxes = [...counts].map(([tax, items]) => ({ tax, items })).sort((a, b) => b.items - a.items)
    const answer: TaxList = { taxes }
    response.json(answer)
  })
  api.get('/conflicts', async (_request, response) => {
    const items: Told<ItemView>[] = []
    for await (const { sku, conflicts } of agent.catalogue.all())
      if (conflicts.length > 0) items.push(await agent.catalogue.view(sku))
    const answer: Told<ConflictList> = { items }
    response.json(answer)
  })

  api.get('/shop', async (_request, response) => {
    const shop = agent.documents.shop()
    const sales = []
    for (const name of agent.documents.known('sales')) {
      const doc = await agent.documents.look(name)
      if (doc) sales.push(...summariesIn(doc).values())
    }
    const terminals = [...shop.terminals.values()].map(
      ({ keys: _keys, given: _given, ...terminal }) => terminal,
    )
    const answer: Told<ShopView> = { ...shop, terminals, sales }
    response.json(answer)
  })

  return api
}

/** @throws Refused `invalid-query` where it is neither true nor false */
function isAsked(request: Request, name: string): boolean {
  const value = queryOf(request, name) ?? 'false'
  if (value !== 'true' && value !== 'false')
    throw new Refused('invalid', 'invalid-query', `"${value}" is no ${name}: give ${name}=true or false.`)
  return value === 'true'
}
