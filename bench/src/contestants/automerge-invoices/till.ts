import '../../peers/automerge/steady-wasm.js'
import { perInvoice } from '../../peers/automerge/layouts.js'
import { serveAutomergeTill } from '../../peers/automerge/till.js'

serveAutomergeTill(perInvoice)
