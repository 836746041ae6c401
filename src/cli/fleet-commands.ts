import { type Command, InvalidArgumentError } from 'commander'
import type { AcceptOrder, Incident, IntakeWindow, TerminalStanding } from '../docs/generated/types.js'
import { action, countOption, withData, type Common } from './context.js'
import { withKind } from './service.js'

interface OrderOptions extends Common {
  readonly data: string
  readonly shop: string
  readonly terminal: string
  readonly by?: string
  readonly reason?: string
}

interface IntakeOptions extends OrderOptions {
  readonly until?: number
  readonly close?: boolean
}

interface AcceptOptions extends Common {
  readonly data: string
  readonly by?: string
  readonly incident: number
  readonly reason: string
}

/** The relay operator's decisions about terminals. */
export function fleetCommands(relay: Command): void {
  decisionCommand(
    relay,
    'revoke',
    'shut a terminal out, at once: its connections and codes end; what it sealed is kept',
    (name) => `${name} is revoked. What it holds and has not sent can be taken in: counterfoil relay intake.`,
  )
  decisionCommand(
    relay,
    'reinstate',
    'let a revoked terminal be paired again; its old keys stay shut out',
    (name) => `${name} may be paired again: counterfoil relay pair. It then seals in its next epoch.`,
  )

  orderCommand(relay, 'intake')
    .description('let a revoked terminal hand in its own day books, and nothing else, for a while')
    .option('--until <time>', 'how long: 30m, 2h, 90s; a day at most', durationOption)
    .option('--close', 'end it now')
    .action(
      action(
        async (context, options: IntakeOptions, command: Command) => {
          if (options.close) {
            const answer = await order<TerminalStanding>(options, 'close-intake')
            context.print(answer, `${answer.name} may hand in nothing any more.`)
            return
          }
          if (options.until === undefined)
            command.error('error: say how long with --until, such as --until 30m, or end it with --close.')
          const window = await order<IntakeWindow>(options, 'intake', { seconds: options.until })
          context.print(window, `${options.terminal} may hand in its day books until ${window.until}.`)
        },
        (options) => options,
      ),
    )

  decisionCommand(
    relay,
    'settle-fork',
    'end a fork alarm, once the copies were found and all but one are out of use',
    (name) => `The fork alarm for ${name} is settled.`,
  )

  decisionCommand(
    relay,
    'move-epoch',
    'have a terminal go on in its next epoch, with new series: when it connects next',
    (name) => `${name} takes its next epoch when it connects next. What it sealed is kept.`,
  )

  orderCommand(relay, 'rename')
    .description('give a terminal another name; its code and its numbers stay')
    .requiredOption('--name <name>', 'the new name')
    .action(
      action(
        async (context, options: OrderOptions & { readonly name: string }) => {
          const answer = await order<TerminalStanding>(options, 'rename', { name: options.name })
          context.print(answer, `${options.terminal} is called ${answer.name} now.`)
        },
        (options) => options,
      ),
    )

  withData(relay.command('accept'))
    .description('say that an incident was looked at: it is kept, and is an alarm no more')
    .option('--by <person>', 'who does it')
    .requiredOption('--incident <n>', 'its number, as relay incidents prints it', countOption)
    .requiredOption('--reason <text>', 'why; it is kept with the incident')
    .action(
      action(
        async (context, { data, by, incident: serial, reason }: AcceptOptions) => {
          const body: AcceptOrder = { serial, reason, ...(by === undefined ? {} : { by }) }
          const answer = await withKind(data, 'relay', (client) =>
            client.send<Incident>('POST', '/v1/admin/incidents/accept', body),
          )
          context.print(answer, `Incident ${serial} is accepted. What is kept of it stays.`)
        },
        (options) => options,
      ),
    )
}

/** A decision that needs to know nothing but whom it is about. @param told what the operator is told, of the terminal's name */
function decisionCommand(
  relay: Command,
  what: string,
  description: string,
  told: (name: string) => string,
): void {
  orderCommand(relay, what)
    .description(description)
    .action(
      action(
        async (context, options: OrderOptions) => {
          const answer = await order<TerminalStanding>(options, what)
          context.print(answer, told(answer.name))
        },
        (options) => options,
      ),
    )
}

function orderCommand(relay: Command, name: string): Command {
  return withData(relay.command(name))
    .option('--by <person>', 'who does it')
    .requiredOption('--shop <name>', 'the shop')
    .requiredOption('--terminal <name>', 'the terminal')
    .option('--reason <text>', 'why; it stands in the history')
}

function order<R>(
  { data, shop, terminal, by, reason }: OrderOptions,
  what: string,
  more: object = {},
): Promise<R> {
  const body = {
    shop,
    terminal,
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    ...more,
  }
  return withKind(data, 'relay', (client) => client.send<R>('POST', `/v1/admin/terminals/${what}`, body))
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 }
/** A window that stands open longer is one that nobody remembers. */
const LONGEST_SECONDS = 86_400

function durationOption(text: string): number {
  const [, count, unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? []
  const seconds = Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN)
  if (!(seconds >= 1 && seconds <= LONGEST_SECONDS))
    throw new InvalidArgumentError('It is a time such as 30m, 2h or 90s, a day at most.')
  return seconds
}
