import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { AsOfResponse, HistoryResponse, TimelineLine } from '../docs/generated/types.js'
import { SUBJECT_KINDS } from '../docs/subject-kinds.js'
import type { ServiceClient } from './client.js'
import {
  action,
  choiceOption,
  countOption,
  patternOption,
  withData,
  type CommandContext,
  type Common,
} from './context.js'
import { tellDamage } from './damage.js'
import { withService } from './service.js'

interface HistoryOptions extends Common {
  readonly data: string
  readonly kind?: string
  readonly person?: string
  readonly terminal?: string
  readonly shop?: string
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  readonly cursor?: string
  readonly asOf?: string
  readonly view?: string
}

/** Without a time zone nobody could say which moment is meant. */
const instantOption = patternOption(
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/,
  'It is a moment with its time zone, such as 2026-04-01T17:30:00+05:30.',
)

export function historyCommand(program: Command): void {
  withData(program.command('history'))
    .description(
      'who, when, what, old and new value: of an invoice, a SKU, a bill, an image, a terminal, a shop, a document, or everything; or what was known at a moment; exit 6 where damage was found',
    )
    .argument('[about]', 'an invoice number, a SKU, or the id of a document, bill, image, terminal or shop')
    .option(
      '--kind <kind>',
      `what that is, where it is not clear: ${SUBJECT_KINDS.join(', ')}`,
      choiceOption(SUBJECT_KINDS),
    )
    .option('--person <name>', 'only what this person did')
    .option('--terminal <code>', 'only what this terminal did')
    .option('--shop <shop>', 'only of this shop of a relay: its id or name')
    .option('--from <instant>', 'not before this moment', instantOption)
    .option('--to <instant>', 'not after this moment', instantOption)
    .option('--limit <n>', 'a page of at most so many', countOption)
    .option('--cursor <cursor>', 'the page after the one that ended with it')
    .option('--as-of <instant>', 'what stood there at this moment, instead of what was done', instantOption)
    .option('--view <view>', 'with --as-of: as the relay knew it (relay), or a terminal (its code)')
    .action(
      action(
        async (context, about: string | undefined, options: HistoryOptions, command: Command) => {
          mustFit(options, command)
          return withService(options.data, async (client, kind) => {
            const base = kind === 'relay' ? '/v1/admin' : '/v1'
            await (options.asOf === undefined ? tellHistory : tellAsOf)(context, client, base, about, options)
            return tellDamage(context, client, base)
          })
        },
        (_about, options) => options,
      ),
    )
}

function mustFit({ asOf, view, person, terminal, from, to }: HistoryOptions, command: Command): void {
  if (asOf === undefined && view !== undefined)
    command.error('error: --view says whose knowledge is shown: give --as-of <instant> as well.')
  if (asOf !== undefined && [person, terminal, from, to].some((value) => value !== undefined))
    command.error('error: --as-of shows what stood there: leave out --person, --terminal, --from and --to.')
}

function queryFrom(fields: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

async function tellHistory(
  context: CommandContext,
  client: ServiceClient,
  base: string,
  about: string | undefined,
  { kind, person, terminal, shop, from, to, limit, cursor }: HistoryOptions,
): Promise<void> {
  const path = `${base}/history${queryFrom({ about, kind, person, terminal, shop, from, to, limit, cursor })}`
  if (context.json) return pipeline(await client.stream(path), process.stdout, { end: false })
  const { history, next } = await client.get<HistoryResponse>(path)
  context.print(undefined, history.map(lineText).join('\n'))
  if (next !== undefined) context.say(`There is more: --cursor ${next}`)
}

async function tellAsOf(
  context: CommandContext,
  client: ServiceClient,
  base: string,
  about: string | undefined,
  { asOf: at, view, kind, shop, limit, cursor }: HistoryOptions,
): Promise<void> {
  const answer = await client.get<AsOfResponse>(
    `${base}/as-of${queryFrom({ at, view, about, kind, shop, limit, cursor })}`,
  )
  context.print(answer, asOfText(answer))
  if (answer.unknown > 0)
    context.say(`Of ${answer.unknown} changes nothing says when the relay got them; they are left out.`)
  if (answer.next !== undefined) context.say(`There is more: --cursor ${answer.next}`)
}

function lineText({
  at,
  terminal,
  by,
  did,
  name,
  what,
  old,
  new: now,
  witnessed,
  late,
  merge,
}: TimelineLine): string {
  if (merge) return `${at}  ${terminal} ${did}  ${name}: ${what}, made ${merge.oldest} to ${merge.newest}`
  const value = old.length === 0 ? `${now}` : `${old.join(' | ')} → ${now ?? '(removed)'}`
  const came = late && witnessed ? `  (came late: at the relay ${witnessed.at})` : ''
  return `${at}  ${terminal} ${by}  ${did}  ${name}: ${what}: ${value}${came}`
}

function asOfText({ at, view, entries, invoices }: AsOfResponse): string {
  const lines = [
    ...(invoices ?? []).map(
      ({ number, type, at: sealed, by, payable, currency }) =>
        `${number}  ${type}  ${sealed}  ${by}  ${payable} ${currency} (minor units)`,
    ),
    ...(entries ?? []).map(
      ({ name, what, values }) =>
        `${name}: ${what}: ${values.map(({ value, terminal, by, at: then }) => `${value} (${terminal} ${by}, ${then})`).join(' | ')}`,
    ),
  ]
  const whose = view === 'relay' ? 'the relay' : `terminal ${view}`
  return [`As ${whose} knew it at ${at}:`, ...(lines.length > 0 ? lines : ['nothing'])].join('\n')
}
