import type { Command } from 'commander'
import type { ImageForceResult, ImageGiven, ImageSyncResult } from '../docs/generated/types.js'
import type { ImageProgress } from '../terminal/images.js'
import type { ServiceClient } from './client.js'
import { action, interruptible, type CommandContext } from './context.js'
import { EXIT } from './exit.js'
import { readImage } from './image-file.js'
import { asPerson, withPerson, type ByPerson } from './person.js'
import { withKind } from './service.js'

/** Pictures of items, as the page has them in Set-Up › Images and under Advanced Sync. */
export function imageCommands(terminal: Command): void {
  const image = terminal.command('image').description('pictures of items')

  withPerson(image.command('set'))
    .description('give an item a picture: a JPEG, PNG or WebP; on a manager’s terminal, in online mode')
    .argument('<sku>', 'the item')
    .argument('<file>', 'the picture')
    .action(
      action(
        async (context, sku: string, file: string, options: ByPerson) => {
          const bytes = await readImage(file)
          const query = options.by === undefined ? '' : `?${new URLSearchParams({ by: options.by })}`
          const path = `/v1/items/${encodeURIComponent(sku)}/image${query}`
          const set = await withKind(options.data, 'terminal', (client) =>
            asPerson(client, options, (signedIn) => signedIn.send<ImageGiven>('PUT', path, bytes)),
          )
          context.print(set, `${sku} shows image ${set.sha256} (${set.width} × ${set.height}, ${set.type}).`)
        },
        (_sku, _file, options) => options,
      ),
    )

  withPerson(image.command('sync'))
    .description(
      'Sync Images to Server Now: sends those without a receipt, and fetches those that items show',
    )
    .action(
      action(
        async (context, options: ByPerson) => {
          const work = (client: ServiceClient, signal: AbortSignal): Promise<ImageSyncResult> =>
            client.long<ImageSyncResult>('/v1/images/sync', {}, progressOf(context), signal)
          const result = await interruptible((signal) =>
            withKind(options.data, 'terminal', (client) =>
              // As `terminal sync`: whoever may read the directory may start it.
              options.by === undefined
                ? work(client, signal)
                : asPerson(client, options, (signedIn) => work(signedIn, signal)),
            ),
          )
          context.print(
            result,
            `Sent ${result.uploaded} images, fetched ${result.downloaded}; ${result.receipted} receipted.`,
          )
          return ended(context, result)
        },
        (options) => options,
      ),
    )

  withPerson(image.command('force'))
    .description(
      'Force Complete Sync Images: sends those without a receipt, then deletes here what receipts cover',
    )
    .action(
      action(
        async (context, options: ByPerson) => {
          const result = await interruptible((signal) =>
            withKind(options.data, 'terminal', (client) =>
              asPerson(client, options, (signedIn) =>
                signedIn.long<ImageForceResult>('/v1/images/force', {}, progressOf(context), signal),
              ),
            ),
          )
          context.print(
            result,
            `Sent ${result.uploaded} images; deleted here ${result.cleared} (${result.bytes} bytes), kept ${result.kept}.`,
          )
          return ended(context, result)
        },
        (options) => options,
      ),
    )
}

function progressOf(context: CommandContext): (event: unknown) => void {
  return (event) => {
    const { phase, done, total, unit } = event as ImageProgress
    context.progress.update(`${phase} images (${unit})`, done, total)
  }
}

function ended(
  context: CommandContext,
  { relayBehind, notTaken, complete }: Pick<ImageSyncResult, 'relayBehind' | 'notTaken' | 'complete'>,
): number {
  if (relayBehind) context.say('The relay had lost images it gave receipts for; it got them again.')
  for (const { name, reason } of notTaken) context.say(`Not taken: ${name}: ${reason}`)
  return complete ? EXIT.ok : EXIT.failure
}
