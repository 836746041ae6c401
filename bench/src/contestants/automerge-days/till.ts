import '../../peers/automerge/steady-wasm.js'
import { perDay } from '../../peers/automerge/layouts.js'
import { serveAutomergeTill } from '../../peers/automerge/till.js'

serveAutomergeTill(perDay)
