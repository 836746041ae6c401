import { resolve } from 'node:path'
import type { Command } from 'commander'
import { formatMinor } from '../docs/money.js'
import { forkMessage } from '../terminal/blocks.js'
import { logAlarmMessage } from '../terminal/log-alarm.js'
import type { ExchangeProgress } from '../terminal/exchange.js'
import type { ForceProgress, ForceResult } from '../terminal/force.js'
import type { Status } from '../terminal/status.js'
import type { SyncResult } from '../terminal/syncer.js'
import { parsePairingLink, type PairingLink } from '../protocol/pairing-link.js'
import type { ServiceClient } from './client.js'
import {
  action,
  choiceOption,
  interruptible,
  portOption,
  exitSoon,
  untilStopped,
  withData,
  type CommandContext,
  type Common,
} from './context.js'
import { EXIT } from './exit.js'
import { imageCommands } from './image-commands.js'
import { outside } from './outside.js'
import { asPerson, person, withPerson, type ByPerson } from './person.js'
import { startTerminal, withKind } from './service.js'

const DEFAULT_PORT = 8701

interface Data extends Common {
  readonly data: string
}

interface PairOptions extends Data {
  readonly relay?: string
  readonly code?: string
  readonly link?: string
  readonly insecure?: boolean
}

export function terminalCommands(program: Command): Command {
  const terminal = program.command('terminal').description('one till: an agent with its own data directory')

  withData(terminal.command('pair'))
    .description('pair this directory with a relay, and fetch the shop and its catalogue')
    .option('--relay <url>', 'address of the relay')
    .option('--code <code>', 'the code the relay operator gave')
    .option('--link <link>', 'instead of these two: what the QR code on the relay’s page says')
    .option(
      '--insecure',
      'use an address without TLS that is not this machine’s; only in a network you trust',
    )
    .action(
      action(
        async (context, options: PairOptions, command: Command) =>
          pairTerminal(context, options, linkOf(options, command)),
        (options) => options,
      ),
    )

  withData(terminal.command('serve'))
    .description('run the till: its page and API on this machine')
    .option('--port <n>', `port to listen on, 0 for any (default ${DEFAULT_PORT})`, portOption)
    .option(
      '--mode <mode>',
      'online or disconnected; without it, as it was left',
      choiceOption(['online', 'disconnected']),
    )
    .action(
      action(
        async (context, options: Data & { port?: number; mode?: 'online' | 'disconnected' }) => {
          const running = await startTerminal(options.data, options.port ?? DEFAULT_PORT, false)
          const stopped = untilStopped()
          try {
            if (options.mode) await running.agent.setModeAtStart(options.mode)
            running.agent.start()
            context.print({ url: running.url, pid: process.pid }, `Terminal at ${running.url}`)
            await stopped
          } finally {
            await running.stop()
          }
          exitSoon()
        },
        (options) => options,
      ),
    )

  withData(terminal.command('status'))
    .description('mode, link, and what no custody receipt covers; exit 6 where damage was found')
    .action(
      action(
        async (context, options: Data) => {
          const status = await withKind(options.data, 'terminal', (client) =>
            client.get<Status>('/v1/status'),
          )
          context.print(status, statusText(status))
          return status.damage.length > 0 ? EXIT.found : EXIT.ok
        },
        (options) => options,
      ),
    )

  withPerson(terminal.command('sync'))
    .description('Sync Data To Server: exchange everything with the relay both ways; the mode stays')
    .action(
      action(
        async (context, options: ByPerson) => syncWith(context, options, '/v1/sync', {}),
        (options) => options,
      ),
    )

  withPerson(terminal.command('online'))
    .description('Work As Online Client: sync, then stay connected')
    .action(
      action(
        async (context, options: ByPerson) => syncWith(context, options, '/v1/online', { confirm: true }),
        (options) => options,
      ),
    )

  withPerson(terminal.command('disconnect'))
    .description('Work Disconnected: nothing is sent until you ask')
    .action(
      action(
        async (context, options: ByPerson) => {
          const status = await withKind(options.data, 'terminal', (client) =>
            asPerson(client, options, (signedIn) =>
              signedIn.send<Status>('POST', '/v1/disconnect', person(options)),
            ),
          )
          context.print(status, statusText(status))
        },
        (options) => options,
      ),
    )

  withPerson(terminal.command('force'))
    .description(
      'Force Complete Sync Data: hand everything to the relay, then delete here what its receipts cover',
    )
    .option('--keep-catalogue', 'keep the catalogue on this terminal (default)')
    .option('--no-keep-catalogue', 'delete the catalogue too; it is fetched again with the next sync')
    .action(
      action(
        async (context, options: ByPerson & { keepCatalogue?: boolean }) => {
          const body = { ...person(options), keepCatalogue: options.keepCatalogue ?? true }
          const result = await withKind(options.data, 'terminal', (client) =>
            asPerson(client, options, (signedIn) =>
              signedIn.long<ForceResult>('/v1/force', body, (event) => {
                const { phase, done, total, unit } = event as ForceProgress
                context.progress.update(`${phase} (${unit})`, done, total)
              }),
            ),
          )
          context.print(
            result,
            `Handed off ${result.bytes} bytes; deleted ${result.purged} documents, kept ${result.kept}.`,
          )
          for (const { name, reason } of result.notTaken) context.say(`Not taken: ${name}: ${reason}`)
          return result.notTaken.length > 0 ? EXIT.failure : EXIT.ok
        },
        (options) => options,
      ),
    )

  withPerson(terminal.command('mark-synced'))
    .description(
      'Mark As Synced: changes the date that is shown and nothing else; nothing is sent, nothing becomes deletable',
    )
    .action(
      action(
        async (context, options: ByPerson) => {
          const status = await withKind(options.data, 'terminal', (client) =>
            asPerson(client, options, (signedIn) =>
              signedIn.send<Status>('POST', '/v1/mark-synced', person(options)),
            ),
          )
          context.print(status, statusText(status))
        },
        (options) => options,
      ),
    )

  imageCommands(terminal)
  return terminal
}

function linkOf({ relay, code, link }: PairOptions, command: Command): PairingLink {
  if (link !== undefined) {
    if (relay !== undefined || code !== undefined)
      command.error('error: --link stands for --relay and --code: give it alone, or these two.')
    return parsePairingLink(link)
  }
  if (relay === undefined) return command.error("error: required option '--relay <url>' not specified")
  if (code === undefined) return command.error("error: required option '--code <code>' not specified")
  return { relay, code }
}

async function pairTerminal(
  context: CommandContext,
  options: PairOptions,
  link: PairingLink,
): Promise<number> {
  // Loaded here: no other command needs them.
  const [{ DataDirectory }, { pair }, { refuseInsecure, relayUrl }] = await Promise.all([
    import('../storage/data-directory.js'),
    import('../terminal/identity.js'),
    import('../terminal/relay-address.js'),
  ])
  const directory = resolve(options.data)
  const { insecure = false } = options
  // Before a directory is made for it.
  refuseInsecure(relayUrl(link.relay), insecure)
  const held = await DataDirectory.open({
    directory,
    kind: 'terminal',
    create: true,
    disk: outside.disk,
    now: outside.now,
  })
  try {
    const { relay, code } = link
    await pair(directory, outside.disk, relay, code, AbortSignal.timeout(60_000), { insecure })
    // It has a new epoch: whatever the directory was copied from, its numbers are its own now.
    await held.adopt()
  } finally {
    await held.release()
  }
  const { terminal, shop, relay } = await withKind(options.data, 'terminal', async (client) => {
    await client.long<SyncResult>('/v1/sync', {}, progressOf(context))
    return client.get<Status>('/v1/status')
  })
  context.print(
    { terminal, shop, relay },
    `Paired as ${terminal.name} (${terminal.code}, epoch ${terminal.epoch}) of ${shop.name}, role ${terminal.role}.`,
  )
  return EXIT.ok
}

function progressOf(context: CommandContext): (event: unknown) => void {
  return (event) => {
    const { phase, done, total } = event as ExchangeProgress
    context.progress.update(`${phase} documents`, done, total)
  }
}

async function syncWith(
  context: CommandContext,
  options: ByPerson,
  path: string,
  body: object,
): Promise<number> {
  const result = await interruptible((signal) =>
    withKind(options.data, 'terminal', (client) => {
      const work = (asking: ServiceClient): Promise<SyncResult> =>
        asking.long<SyncResult>(path, { ...body, ...person(options) }, progressOf(context), signal)
      // A sync changes nothing but what it brings: whoever may read the directory may start one, as a timer does.
      return path === '/v1/sync' && options.by === undefined ? work(client) : asPerson(client, options, work)
    }),
  )
  context.print(result, `Received ${result.received} documents; ${result.receipted} sent and receipted.`)
  if (result.relayBehind)
    context.say('The relay was restored from a backup and was behind; it got its documents back.')
  if (result.newEpoch !== undefined) context.say(`This terminal seals in epoch ${result.newEpoch} now.`)
  if (result.intake)
    context.say('This terminal is revoked: its day books were handed in, and nothing else was exchanged.')
  if (result.logAlarm) context.say(`Alarm of the relay’s log: ${logAlarmMessage(result.logAlarm)}`)
  if (result.fork) context.say(`Fork alarm: ${forkMessage(result.fork.what)}`)
  for (const { name, reason } of result.notTaken) context.say(`Not taken: ${name}: ${reason}`)
  return result.complete ? EXIT.ok : EXIT.failure
}

function statusText(status: Status): string {
  const { terminal, shop, unreceipted, link, day } = status
  const money = (minor: number): string =>
    `${formatMinor(minor, shop.minorDigits ?? 2)} ${shop.currency ?? ''}`.trim()
  const lines = [
    `${terminal.name} (${terminal.code}${terminal.epoch}), ${shop.name}, role ${terminal.role}`,
    `Mode: ${status.mode}`,
    `Link: ${link.state}${link.reason ? ` (${link.reason})` : ''}`,
    `Without a custody receipt: ${unreceipted.invoices} invoices and ${unreceipted.creditNotes} credit notes, ${money(unreceipted.payable)}${unreceipted.oldest ? `, the oldest of ${unreceipted.oldest}` : ''}`,
    `Receipted and still here: ${status.receipted.invoices} invoices and ${status.receipted.creditNotes} credit notes`,
    `Last sync: ${status.lastSync ?? 'never'}`,
    ...(status.markedSynced ? [`Marked as synced: ${status.markedSynced} (a remark; it sent nothing)`] : []),
    `Business day: ${day.open ?? 'none open'}${day.lastClosed ? `, last closed ${day.lastClosed}` : ''}`,
    ...(status.force && status.force.state !== 'purged'
      ? [`Force complete: ${status.force.state}, begun ${status.force.startedAt}`]
      : []),
    ...(status.blocked ? [`Sealing is blocked: ${status.blocked.message}`] : []),
    ...(status.training
      ? [`Training mode: since ${status.training.at}, begun by ${status.training.by}; nothing here is a sale`]
      : []),
    ...(status.fork ? [`Fork alarm: ${status.fork.message}`] : []),
    ...(status.log ? [`Alarm of the relay’s log: ${status.log.message}`] : []),
    ...(status.storage.ok ? [] : [`Storage: ${status.storage.message}`]),
    ...status.damage.map(
      (damage) => `Damaged: ${damage.path} (${damage.reason}), moved to ${damage.quarantined}`,
    ),
  ]
  return lines.join('\n')
}
