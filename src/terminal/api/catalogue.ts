import { Router } from 'express'
import { parseDecimal } from '../../docs/decimal.js'
import type { EditItems } from '../../docs/generated/types.js'
import { shardOf } from '../../docs/naming.js'
import { readStock } from '../../docs/stock.js'
import { summariesIn } from '../../docs/sales.js'
import { answerLong, bodyOf, queryOf } from '../../protocol/http.js'
import type { Agent } from '../agent.js'
import { personOf, TERMINAL_API } from './person.js'

const MOST_FOUND = 200

/** Items, stock, and what the relay tells of the shop's sales. */
export function catalogueApi(agent: Agent): Router {
  const api = Router()

  api.get('/items', async (request, response) => {
    const limit = Math.min(Number(queryOf(request, 'limit') ?? 50) || 50, MOST_FOUND)
    response.json({ items: await agent.catalogue.search(queryOf(request, 'query') ?? '', limit) })
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
    await answerLong(request, response, async (progress, signal) => {
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
    const { sku } = request.params
    const shard = shardOf(sku, agent.documents.shop().catalogueShards)
    const doc = await agent.documents.look({ kind: 'stock', shop: agent.identity.shop, shard })
    const stock = readStock(doc ?? {}, sku)
    response.json({ ...stock, soldBy: Object.fromEntries(stock.soldBy), onHand: parseDecimal(stock.onHand) })
  })

  api.get('/shop', async (_request, response) => {
    const shop = agent.documents.shop()
    const sales = []
    for (const name of agent.documents.known('sales')) {
      const doc = await agent.documents.look(name)
      if (doc) sales.push(...summariesIn(doc).values())
    }
    const terminals = [...shop.terminals.values()].map(({ keys: _keys, ...terminal }) => terminal)
    response.json({ ...shop, terminals, sales })
  })

  return api
}
