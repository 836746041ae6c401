#!/usr/bin/env node
import v8 from 'node:v8'
import { Command, CommanderError } from 'commander'

// Node 20 aborts now and then in long loops through WebAssembly unless this inlining is off; later ones do not.
if (process.versions.node.startsWith('20.')) v8.setFlagsFromString('--no-turbo-inline-js-wasm-calls')

const { VERSION } = await import('./protocol/version.js')
const { EXIT } = await import('./cli/exit.js')
const { demoCommand } = await import('./cli/demo-command.js')
const { relayCommands } = await import('./cli/relay-commands.js')
const { replayCommand, reportCommands } = await import('./cli/report-commands.js')
const { terminalCommands } = await import('./cli/terminal-commands.js')

const program = new Command('counterfoil')
  .description('A replicated store for point-of-sale terminals')
  .version(VERSION)
  .showHelpAfterError('Run it with --help to see what it takes.')

demoCommand(program)
relayCommands(program)
replayCommand(terminalCommands(program))
reportCommands(program)

/** Sub-commands do not inherit this from the program. */
function exitByError(command: Command): void {
  command.exitOverride()
  for (const inner of command.commands) exitByError(inner)
}
exitByError(program)

// Whoever reads our output may stop reading: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
}
