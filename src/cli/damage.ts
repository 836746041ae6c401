import type { Status } from '../terminal/status.js'
import type { ServiceClient } from './client.js'
import type { CommandContext } from './context.js'
import { EXIT } from './exit.js'

/** What was printed came from intact data only; what may be missing from it is named. */
export async function tellDamage(
  context: CommandContext,
  client: ServiceClient,
  base: string,
): Promise<number> {
  const { damage } = await client.get<Pick<Status, 'damage'>>(`${base}/status`)
  for (const { path, reason } of damage)
    context.say(`counterfoil: ${path} is damaged (${reason}); what it held may be missing from this.`)
  return damage.length > 0 ? EXIT.found : EXIT.ok
}
