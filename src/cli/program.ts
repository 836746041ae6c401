import { Command, CommanderError } from 'commander'
import { VERSION } from '../protocol/version.js'
import { demoCommand } from './demo-command.js'
import { EXIT } from './exit.js'
import { logCommands } from './log-commands.js'
import { relayCommands } from './relay-commands.js'
import { historyCommand } from './history-command.js'
import { replayCommand, reportCommands } from './report-commands.js'
import { slipCodeCommand } from './slip-code-command.js'
import { terminalCommands } from './terminal-commands.js'
import { verifyCommand } from './verify-command.js'

/** The whole command, ready to parse. Where it would end the process it throws a CommanderError instead. */
export function makeProgram(): Command {
  const program = new Command('counterfoil')
    .description('A replicated store for point-of-sale terminals')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('Run it with --help to see what it takes.')
  demoCommand(program)
  relayCommands(program)
  replayCommand(terminalCommands(program))
  reportCommands(program)
  historyCommand(program)
  slipCodeCommand(program)
  verifyCommand(program)
  logCommands(program)
  return program
}

/**
 * Runs a command line to its end; the exit code is left in the process.
 * @param args without the program and script
 */
export async function runProgram(args: readonly string[]): Promise<void> {
  try {
    await makeProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
  }
}
