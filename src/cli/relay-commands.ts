import type { Command } from 'commander'
import type {
  Incident,
  IncidentList,
  PairingResponse,
  RelayConfig,
  RelayStatus,
  ShopOptions,
  ShopSettled,
} from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { Refused } from '../protocol/problem.js'
import { cashierCommands } from './cashier-commands.js'
import {
  action,
  choiceOption,
  countOption,
  digitsOption,
  patternOption,
  portOption,
  exitSoon,
  untilStopped,
  withData,
  type Common,
} from './context.js'
import { EXIT } from './exit.js'
import { fleetCommands } from './fleet-commands.js'
import { readText } from './input-file.js'
import { startRelay, withKind } from './service.js'
import { readTls, tlsFilesOf, type TlsFiles } from './tls-files.js'
import { userCommands } from './user-commands.js'

const DEFAULT_PORT = 8700
const DEFAULT_HOST = '127.0.0.1'

interface ServeOptions extends Common, TlsFiles {
  readonly data: string
  readonly host?: string
  readonly port?: number
  readonly config?: string
}

interface PairOptions extends Common {
  readonly data: string
  readonly shop: string
  readonly terminal: string
  readonly role: 'till' | 'manager'
}

interface ShopCommandOptions extends Common {
  readonly data: string
  readonly shop: string
  readonly currency?: string
  readonly minorDigits?: number
  readonly rounding?: ShopOptions['rounding']
  readonly payableStep?: number
  readonly timeZone?: string
  readonly dayStartsAt?: string
  readonly financialYearStart?: string
  readonly address?: string
  readonly taxId?: string
  readonly pricesIncludeTax?: boolean
  readonly othersInvoices?: boolean
}

export function relayCommands(program: Command): void {
  const relay = program.command('relay').description('the server that merges what terminals wrote')

  withData(relay.command('serve'))
    .description('run a relay over a data directory; it is made if there is none')
    .option('--port <n>', `port to listen on, 0 for any (default ${DEFAULT_PORT})`, portOption)
    .option('--host <address>', `address to listen on; 0.0.0.0 for all (default ${DEFAULT_HOST})`)
    .option('--config <file>', 'JSON file with host, port, TLS, proxies, and settings of shops')
    .option('--tls-cert <file>', 'certificate in PEM; the relay then speaks https and wss')
    .option('--tls-key <file>', 'its private key in PEM')
    .action(
      action(
        async (context, options: ServeOptions) => {
          const config = options.config === undefined ? {} : await readConfig(options.config)
          const tls = await readTls(tlsFilesOf(options, config, options.config))
          const running = await startRelay({
            directory: options.data,
            create: true,
            host: options.host ?? config.host ?? DEFAULT_HOST,
            port: options.port ?? config.port ?? DEFAULT_PORT,
            config,
            tls,
            quiet: false,
          })
          const stopped = untilStopped()
          context.print({ url: running.url, pid: process.pid }, `Relay at ${running.url}`)
          await stopped
          await running.stop()
          exitSoon()
        },
        (options) => options,
      ),
    )

  withData(relay.command('pair'))
    .description('make a one-time code to pair a terminal; the shop is founded if there is none of that name')
    .requiredOption('--shop <name>', 'the shop')
    .requiredOption('--terminal <name>', 'the terminal; one that exists gets its next epoch')
    .option('--role <role>', 'till or manager', choiceOption(['till', 'manager']), 'till')
    .action(
      action(
        async (context, options: PairOptions) => {
          const { data, shop, terminal, role } = options
          const pairing = await withKind(
            data,
            'relay',
            (client) => client.send<PairingResponse>('POST', '/v1/admin/pairings', { shop, terminal, role }),
            'relay',
          )
          context.print(pairing, pairing.code)
          if (!context.json)
            context.say(`For terminal ${terminal} of shop ${shop}; valid once, until ${pairing.expiresAt}.`)
        },
        (options) => options,
      ),
    )

  withData(relay.command('shop'))
    .description('found a shop, show it, or change its settings; a changed policy becomes its next version')
    .requiredOption('--shop <name>', 'the shop')
    .option(
      '--currency <code>',
      'ISO 4217 code (default INR)',
      patternOption(/^[A-Z]{3}$/, 'It is three capital letters, such as INR.'),
    )
    .option('--minor-digits <n>', 'digits after the decimal point (default 2)', digitsOption)
    .option('--prices-include-tax', 'prices are inclusive of tax')
    .option('--no-prices-include-tax', 'tax comes on top of prices')
    .option('--others-invoices', 'terminals may look up each other’s invoices by number (default)')
    .option('--no-others-invoices', 'a terminal reads only what it sealed itself')
    .option(
      '--rounding <where>',
      'line, rate-group or document (default line)',
      choiceOption(['line', 'rate-group', 'document']),
    )
    .option(
      '--payable-step <minor>',
      'round the payable amount to a multiple, 100 for whole rupees (default 1)',
      countOption,
    )
    .option('--time-zone <zone>', 'IANA time zone (default that of the relay)')
    .option(
      '--day-starts-at <time>',
      'HH:MM at which a business day begins (default 00:00)',
      patternOption(/^([01]\d|2[0-3]):[0-5]\d$/, 'It is a time from 00:00 to 23:59.'),
    )
    .option(
      '--financial-year-start <date>',
      'MM-DD (default 04-01)',
      patternOption(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'It is a month and a day, such as 04-01.'),
    )
    .option('--address <text>', 'as it stands on invoices')
    .option('--tax-id <text>', 'tax registration, as it stands on invoices')
    .action(
      action(
        async (context, { data, json: _json, shop, ...settings }: ShopCommandOptions) => {
          const answer = await withKind(
            data,
            'relay',
            (client) =>
              client.send<ShopSettled>('PUT', `/v1/admin/shops?name=${encodeURIComponent(shop)}`, settings),
            'relay',
          )
          context.print(answer, JSON.stringify(answer, null, 2))
        },
        (options) => options,
      ),
    )

  cashierCommands(relay)

  withData(relay.command('status'))
    .description(
      'shops, terminals, documents, receipts, fork alarms and damage; exit 6 where one of the last two was found',
    )
    .action(
      action(
        async (context, options: Common & { data: string }) => {
          const status = await withKind(options.data, 'relay', (client) =>
            client.get<RelayStatus>('/v1/admin/status'),
          )
          context.print(status, JSON.stringify(status, null, 2))
          const isFound = (status.damage ?? []).length + status.forks.length > 0 || status.log?.damaged
          return isFound ? EXIT.found : EXIT.ok
        },
        (options) => options,
      ),
    )

  withData(relay.command('incidents'))
    .description('what the relay refused or found, newest first')
    .action(
      action(
        async (context, options: Common & { data: string }) => {
          const answer = await withKind(options.data, 'relay', (client) =>
            client.get<IncidentList>('/v1/admin/incidents'),
          )
          context.print(answer, answer.incidents.map(incidentLine).join('\n') || 'None.')
        },
        (options) => options,
      ),
    )

  userCommands(relay)
  fleetCommands(relay)
}

function incidentLine(incident: Incident): string {
  const { serial, lastAt, kind, code, reason, terminal, person, address, document, count, accepted } =
    incident
  const who = [terminal, person, address, document].filter((text) => text !== undefined).join(' ')
  return `${serial}  ${lastAt}  ${kind}/${code}  ${count} ×  ${who}  ${reason}${accepted ? `  (accepted by ${accepted.by}: ${accepted.reason ?? ''})` : ''}`
}

async function readConfig(path: string): Promise<RelayConfig> {
  let value: unknown
  const text = await readText(path)
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new Refused('invalid', 'bad-config', `${path} is not JSON: ${(error as Error).message}`)
  }
  validate<RelayConfig>('relay-config.schema.json', value, `config file ${path}`)
  return value
}
