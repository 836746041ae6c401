import type { Command } from 'commander'
import type { PersonList, PersonView } from '../docs/generated/types.js'
import { action, choiceOption, withData, type Common } from './context.js'
import { newPassword } from './password.js'
import { withKind } from './service.js'

const ROLES = ['operator', 'auditor', 'manager'] as const

interface UserOptions extends Common {
  readonly data: string
  readonly name: string
}

interface AddOptions extends UserOptions {
  readonly role: (typeof ROLES)[number]
  readonly shop?: string
  readonly passwordFile?: string
}

/** The people who sign in at a relay's pages. */
export function userCommands(relay: Command): void {
  const user = relay.command('user').description('the people who may sign in at the relay’s pages')

  withPassword(withName(user.command('add')))
    .description('let a person sign in; asks for the password')
    .requiredOption(
      '--role <role>',
      'operator (everything), auditor (reads), or manager (of one shop)',
      choiceOption(ROLES),
    )
    .option('--shop <name>', 'the shop of a manager')
    .action(
      action(
        async (context, { data, name, role, shop, passwordFile }: AddOptions) => {
          const password = await newPassword(passwordFile)
          const person = await withKind(
            data,
            'relay',
            (client) =>
              client.send<PersonView>('POST', '/v1/admin/people', {
                name,
                role,
                ...(shop === undefined ? {} : { shop }),
                password,
              }),
            'relay',
          )
          context.print(person, `${describe(person)} may sign in.`)
        },
        (options) => options,
      ),
    )

  withData(user.command('list'))
    .description('who may sign in')
    .action(
      action(
        async (context, { data }: Common & { data: string }) => {
          const answer = await withKind(data, 'relay', (client) => client.get<PersonList>('/v1/admin/people'))
          context.print(answer, answer.people.map(describe).join('\n') || 'Nobody. Add one: relay user add.')
        },
        (options) => options,
      ),
    )

  withPassword(withName(user.command('password')))
    .description('give a person a new password; ends the sessions opened with the old one')
    .action(
      action(
        async (context, { data, name, passwordFile }: UserOptions & { passwordFile?: string }) => {
          const password = await newPassword(passwordFile)
          await withKind(data, 'relay', (client) =>
            client.send('PUT', '/v1/admin/people/password', { name, password }),
          )
          context.print({ name }, `${name} has a new password and is signed out everywhere.`)
        },
        (options) => options,
      ),
    )

  withName(user.command('remove'))
    .description('a person may not sign in any more; ends all sessions')
    .action(
      action(
        async (context, { data, name }: UserOptions) => {
          await withKind(data, 'relay', (client) =>
            client.send('DELETE', `/v1/admin/people?name=${encodeURIComponent(name)}`, undefined),
          )
          context.print({ name }, `${name} may not sign in any more.`)
        },
        (options) => options,
      ),
    )
}

function withName(command: Command): Command {
  return withData(command).requiredOption('--name <name>', 'the person')
}

function withPassword(command: Command): Command {
  return command.option('--password-file <file>', 'take the password from the first line of a file')
}

function describe({ name, role, shop }: PersonView): string {
  return `${name} (${role}${shop === undefined ? '' : ` of ${shop}`})`
}
