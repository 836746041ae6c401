import '../../peers/automerge/steady-wasm.js'
import { automergeCommands } from '../../peers/automerge/commands.js'
import { perDay } from '../../peers/automerge/layouts.js'
import { serveCommands } from '../../terminal-process.js'

serveCommands(automergeCommands(perDay))
