import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { ExportNote, ItemEdit, ShopView, TaxComponent } from '../docs/generated/types.js'
import { formatMinor } from '../docs/money.js'
import { VIEWS } from '../docs/views/index.js'
import { Refused } from '../protocol/problem.js'
import {
  action,
  countOption,
  dateOption,
  interruptible,
  rateOption,
  taxOption,
  withData,
  type CommandContext,
  type Common,
} from './context.js'
import { tellDamage } from './damage.js'
import { EXIT } from './exit.js'
import { readText } from './input-file.js'
import { outside } from './outside.js'
import { asPerson, withPerson, type ByPerson } from './person.js'
import { withKind, withService } from './service.js'
import type { ServiceClient } from './client.js'

interface Data extends Common {
  readonly data: string
}

interface ReplayCommandOptions extends ByPerson {
  readonly sales: string
  readonly limit?: number
  readonly rate?: number
  readonly tax?: readonly TaxComponent[]
}

export function replayCommand(terminal: Command): void {
  withPerson(terminal.command('replay'))
    .description(
      'seal the sales of a CSV file (InvoiceNo, StockCode, Description, Quantity, UnitPrice …), each once',
    )
    .requiredOption('--sales <file.csv>', 'the sales file')
    .option('--limit <n>', 'at most so many invoices', countOption)
    .option('--rate <n/s>', 'so many invoices a second', rateOption)
    .option('--tax <spec>', 'tax on every line, such as VAT:20 or CGST:9+SGST:9; without it none', taxOption)
    .action(
      action(
        async (context, options: ReplayCommandOptions) => {
          const { sales: file, limit, rate, tax: taxes = [], by } = options
          const { replay } = await import('./replay.js')
          const { summary, policy } = await interruptible((signal) =>
            withKind(options.data, 'terminal', (client) =>
              asPerson(client, options, async (signedIn) => ({
                summary: await replay(signedIn, {
                  file,
                  limit,
                  rate,
                  taxes,
                  by,
                  progress: context.progress,
                  signal,
                }),
                policy: (await signedIn.get<ShopView>('/v1/shop')).policy,
              })),
            ),
          )
          const total = `${formatMinor(summary.total.minor, policy.minorDigits)} ${summary.total.currency}`
          context.print(
            summary,
            [
              `Sealed ${summary.sealed} invoices and ${summary.creditNotes} credit notes; ${summary.sealedBefore} had been sealed before. Net total ${total}.`,
              ...summary.skippedRows.map(({ row, reason }) => `Row ${row} was not sold: ${reason}`),
            ].join('\n'),
          )
          if (!summary.interrupted) return EXIT.ok
          context.say('Interrupted. Run it again to go on; nothing is sealed twice.')
          return EXIT.failure
        },
        (options) => options,
      ),
    )
}

interface ExportOptions extends Data {
  readonly format: string
  readonly out?: string
  readonly checkpoint?: string
  readonly from?: string
  readonly to?: string
}

/** What goes to standard output. */
const PRINTED = ['json', 'csv']

/** Items sent in one request, and their JSON in characters: well below what a terminal takes in a body. */
const IMPORT_BATCH = 2_000
const IMPORT_CHARACTERS = 512 * 1024

export function reportCommands(program: Command): void {
  const catalogue = program.command('catalogue').description('items, prices and taxes')
  withPerson(catalogue.command('import'))
    .description(
      'import items from a CSV file (sku, name, price, tax, unit, hsn, barcodes, received) on a manager’s terminal',
    )
    .requiredOption('--file <file.csv>', 'the catalogue file')
    .option(
      '--while-disconnected',
      'import in disconnected mode too; what others changed meanwhile is shown and settled after the next sync',
    )
    .action(
      action(
        async (context, options: ByPerson & { file: string; whileDisconnected?: boolean }) => {
          const result = await withKind(options.data, 'terminal', (client) =>
            asPerson(client, options, (signedIn) => importCatalogue(signedIn, context, options)),
          )
          context.print(result, `${result.items} items read, ${result.changed} changed.`)
        },
        (options) => options,
      ),
    )

  withData(program.command('export'))
    .description(
      'invoices and credit notes of a terminal or a relay, or with --out a signed bundle that `verify` reads; exit 6 where damage was found',
    )
    .requiredOption(
      '--format <format>',
      `${PRINTED.join(' or ')}; with --out ${[...VIEWS.keys()].join(', ')}`,
    )
    .option('--out <file.zip>', 'write a signed bundle of all records there')
    .option(
      '--checkpoint <file>',
      'with --out of a relay: show that its log goes on from this checkpoint that was seen earlier',
    )
    .option('--from <date>', 'first business day', dateOption)
    .option('--to <date>', 'last business day', dateOption)
    .action(
      action(
        async (context, options: ExportOptions, command: Command) => {
          const { out, format } = options
          const formats = out === undefined ? PRINTED : [...VIEWS.keys()]
          if (!formats.includes(format))
            command.error(
              `error: option '--format ${format}' is invalid${out === undefined ? '' : ' with --out'}. It is one of ${formats.join(', ')}.`,
            )
          if (out === undefined && context.json && format !== 'json')
            command.error('error: --json prints one JSON document: leave it out, or give --format json.')
          if (options.from !== undefined && options.to !== undefined && options.from > options.to)
            command.error(`error: --from ${options.from} is after --to ${options.to}.`)
          if (out !== undefined) return writeBundle(context, out, options)
          const query = new URLSearchParams({ format })
          if (options.from !== undefined) query.set('from', options.from)
          if (options.to !== undefined) query.set('to', options.to)
          return withService(options.data, async (client, kind) => {
            const base = kind === 'relay' ? '/v1/admin' : '/v1'
            await pipeline(await client.stream(`${base}/export?${query}`), process.stdout, { end: false })
            return tellDamage(context, client, base)
          })
        },
        (options) => options,
      ),
    )
}

async function writeBundle(context: CommandContext, out: string, options: ExportOptions): Promise<number> {
  const { writeExport } = await import('../evidence/write-export.js')
  const { disk, now } = outside
  const { data, format, from = null, to = null } = options
  const older = options.checkpoint === undefined ? undefined : await readText(options.checkpoint)
  await announce(data, { format, ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) })
  const written = await writeExport(data, out, { format, from, to, disk, now, older })
  context.print(
    written,
    `Wrote ${written.file}, ${written.bytes} bytes. Check it with: counterfoil verify ${out}`,
  )
  for (const { path, reason } of written.damage)
    context.say(`counterfoil: ${path} is damaged (${reason}); what it held is missing from this.`)
  return written.damage.length > 0 ? EXIT.found : EXIT.ok
}

/**
 * Before a directory is read: at a relay what was receipted last enters the log, and the log is signed; a terminal puts the
 * export on record.
 */
async function announce(data: string, note: Omit<ExportNote, 'by'>): Promise<void> {
  try {
    await withService(data, async (client, kind) => {
      if (kind === 'relay') await client.get('/v1/admin/log/checkpoint')
      else await client.send('POST', '/v1/exports', note)
    })
  } catch (error) {
    // Of a process that cannot be asked, what it signed last is exported.
    if (!(error instanceof Refused) || error.code !== 'directory-in-use') throw error
  }
}

async function importCatalogue(
  client: ServiceClient,
  context: CommandContext,
  { file, by, whileDisconnected = false }: ByPerson & { file: string; whileDisconnected?: boolean },
): Promise<{ items: number; changed: number; received: number }> {
  const { policy } = await client.get<ShopView>('/v1/shop')
  const { readCatalogueFile } = await import('./catalogue-file.js')
  const { items, received } = await readCatalogueFile(file, policy.minorDigits)
  const batches = [...batchesOf(items)]
  // A terminal refuses a request as a whole, and those before it stand: what it would refuse is looked for first.
  if (batches.length > 1) await checkComplete(client, items)
  const sum = { items: 0, changed: 0, received: 0 }
  for (const batch of batches) {
    const start = sum.items
    const skus = new Set(batch.map(({ sku }) => sku))
    const body = {
      items: batch,
      received: received.filter(({ sku }) => skus.has(sku)),
      whileDisconnected,
      ...(by === undefined ? {} : { by }),
    }
    const part = await client.long<typeof sum>('/v1/items', body, (event) => {
      context.progress.update('items', start + (event as { done: number }).done, items.length)
    })
    sum.items += part.items
    sum.changed += part.changed
    sum.received += part.received
  }
  return sum
}

function* batchesOf(items: readonly ItemEdit[]): Generator<ItemEdit[]> {
  let batch: ItemEdit[] = []
  let characters = 0
  for (const item of items) {
    const length = JSON.stringify(item).length
    if (batch.length === IMPORT_BATCH || characters + length > IMPORT_CHARACTERS) {
      yield batch
      batch = []
      characters = 0
    }
    batch.push(item)
    characters += length
  }
  yield batch
}

async function checkComplete(client: ServiceClient, items: readonly ItemEdit[]): Promise<void> {
  for (const { sku, name, price } of items) {
    if (name !== undefined && price !== undefined) continue
    try {
      await client.get(`/v1/items/${encodeURIComponent(sku)}`)
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'unknown-sku') throw error
      throw new Refused(
        'invalid',
        'incomplete-item',
        `Nothing was imported. "${sku}" is a new item: it needs a name and a price.`,
      )
    }
  }
}
