import { argumentsOf } from '../../server-process.js'
import { serveTill } from '../../till-server.js'
import { Store, type Layout } from './store.js'

/** Runs the till of a terminal with a stock repo. */
export function serveAutomergeTill(layout: Layout): void {
  const store = new Store(argumentsOf().dir, layout)
  serveTill(
    (invoice) => store.put(invoice),
    () => store.close(),
  )
}
