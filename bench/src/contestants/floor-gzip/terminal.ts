import { serveCommands } from '../../terminal-process.js'
import { floorCommands } from '../floor/terminal-commands.js'

serveCommands(await floorCommands({ gzip: true }))
