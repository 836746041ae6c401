import type { Command } from 'commander'
import type { CashierList } from '../docs/generated/types.js'
import { action, choiceOption, withData, type CommandContext, type Common } from './context.js'
import { pinSources, readNewPin } from './pin-input.js'
import { withKind } from './service.js'

interface ShopOnly extends Common {
  readonly data: string
  readonly shop: string
}

interface Named extends ShopOnly {
  readonly name: string
  readonly pinFile?: string
}

/** Persons who sign in at the terminals of a shop. */
export function cashierCommands(relay: Command): void {
  const cashier = relay
    .command('cashier')
    .description('persons who sign in at the terminals of a shop with a PIN, also offline')

  withPin(withName(cashier.command('add')))
    .description('enter a person; from the first one on, the shop’s terminals ask who it is')
    .option(
      '--role <role>',
      'cashier or manager; a manager also edits the catalogue',
      choiceOption(['cashier', 'manager']),
      'cashier',
    )
    .action(
      action(
        async (context, { data, shop, name, pinFile, role }: Named & { role: 'cashier' | 'manager' }) => {
          const pin = await readNewPin(`PIN for ${name}`, pinSources(pinFile))
          const list = await withKind(data, 'relay', (client) =>
            client.send<CashierList>('POST', '/v1/admin/cashiers', { shop, name, role, pin }),
          )
          tell(context, list, `${name} is a ${role} of ${shop}.`)
        },
        (options) => options,
      ),
    )

  withPin(withName(cashier.command('pin')))
    .description('give a person a new PIN; whoever is signed in with the old one is signed out')
    .action(
      action(
        async (context, { data, shop, name, pinFile }: Named) => {
          const pin = await readNewPin(`New PIN for ${name}`, pinSources(pinFile))
          const list = await withKind(data, 'relay', (client) =>
            client.send<CashierList>('PUT', '/v1/admin/cashiers/pin', { shop, name, pin }),
          )
          tell(context, list, `${name} has a new PIN.`)
        },
        (options) => options,
      ),
    )

  withName(cashier.command('remove'))
    .description('a person may sign in no more; what they did keeps their name')
    .action(
      action(
        async (context, { data, shop, name }: Named) => {
          const list = await withKind(data, 'relay', (client) =>
            client.send<CashierList>('POST', '/v1/admin/cashiers/remove', { shop, name }),
          )
          tell(context, list, `${name} may sign in no more.`)
          if (!list.signInNeeded)
            context.say(`Nobody is left: the terminals of ${shop} ask for no PIN from now on.`)
        },
        (options) => options,
      ),
    )

  withShop(cashier.command('list'))
    .description('who may sign in at the terminals of a shop')
    .action(
      action(
        async (context, { data, shop }: ShopOnly) => {
          const list = await withKind(data, 'relay', (client) =>
            client.get<CashierList>(`/v1/admin/cashiers?shop=${encodeURIComponent(shop)}`),
          )
          const lines = list.cashiers.map(({ name, role }) => `${name}  ${role}`)
          context.print(list, lines.length === 0 ? 'Nobody: the terminals ask for no PIN.' : lines.join('\n'))
        },
        (options) => options,
      ),
    )
}

function tell(context: CommandContext, list: CashierList, done: string): void {
  context.print(list, done)
  context.say(`The terminals of ${list.shop} know it after their next sync.`)
}

function withShop(command: Command): Command {
  return withData(command).requiredOption('--shop <name>', 'the shop')
}

function withName(command: Command): Command {
  return withShop(command).requiredOption('--name <person>', 'the person, as records shall name them')
}

function withPin(command: Command): Command {
  return command.option('--pin-file <file>', 'file with the PIN, 4 to 12 digits; without it you are asked')
}
