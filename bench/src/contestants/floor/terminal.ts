import { serveCommands } from '../../terminal-process.js'
import { floorCommands } from './terminal-commands.js'

serveCommands(await floorCommands({ gzip: false }))
