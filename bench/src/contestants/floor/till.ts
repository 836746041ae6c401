import { argumentsOf } from '../../server-process.js'
import { serveTill } from '../../till-server.js'
import { Outbox } from './outbox.js'
import { loadSqlite } from './sqlite.js'

const outbox = new Outbox(await loadSqlite(), argumentsOf().dir)
serveTill(
  (invoice) => outbox.put(invoice),
  () => outbox.close(),
)
