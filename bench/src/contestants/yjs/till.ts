import { terminalName } from '../../peers/terminal-name.js'
import { DayDocuments } from '../../peers/yjs/day-documents.js'
import { argumentsOf } from '../../server-process.js'
import { serveTill } from '../../till-server.js'

const { dir } = argumentsOf()
const days = new DayDocuments(dir, terminalName(dir))
serveTill(
  (invoice) => days.put(invoice),
  () => days.close(),
)
