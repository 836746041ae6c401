import { access } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/storage/disk.js'
import { pair as pairHere, readIdentity } from '../../src/terminal/identity.js'
import { useProcesses, type Ended } from '../support/processes.js'
import { World, type RunningRelay } from '../support/world.js'
import { contentsOf } from './files.js'

const processes = useProcesses('all')
let world: World
let relay: RunningRelay

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterAll(() => world.end())

async function codeFor(name: string, role: 'till' | 'manager' = 'till'): Promise<string> {
  return (await relay.relay.pairings.create('Main', name, role)).code
}

const pair = (name: string, code: string, url = relay.url): Promise<Ended> =>
  processes.tryRun(['terminal', 'pair', '--data', world.path(name), '--relay', url, '--code', code])

/** The code with another last character: it finds the pairing and is wrong. */
const spoilt = (code: string): string => `${code.slice(0, -1)}${code.endsWith('0') ? '1' : '0'}`

describe('pairing', () => {
  test('R1 wrong codes are counted down; the sixth try, right or not, is told to get a new code', async () => {
    const code = await codeFor('T1')
    const first = await pair('T1', spoilt(code))
    expect(first).toMatchObject({ code: 4, stdout: '' })
    expect(first.stderr).toBe(
      'counterfoil: This pairing code is not valid: it was mistyped, used before, or replaced by a newer one. Tries left: 4.\n',
    )
    for (const left of [3, 2, 1]) {
      const wrong = pairHere(world.root, nodeDisk, relay.url, spoilt(code), AbortSignal.timeout(30_000))
      await expect(wrong).rejects.toThrow(`Tries left: ${left}.`)
    }
    const fifth = await pair('T1', spoilt(code))
    expect(fifth).toMatchObject({ code: 4, stdout: '' })
    expect(fifth.stderr).toContain('That was the last try: ask the relay operator for a new code.')
    const sixth = await pair('T1', code)
    expect(sixth).toMatchObject({ code: 4, stdout: '' })
    expect(sixth.stderr).toBe(
      'counterfoil: There were 5 wrong codes. Ask the relay operator for a new code (counterfoil relay pair).\n',
    )
    // Nothing was made of it: the terminal is not paired, and the command says how to.
    const status = await processes.tryRun(['terminal', 'status', '--data', world.path('T1')])
    expect(status).toMatchObject({ code: 3, stdout: '' })
    expect(status.stderr).toMatch(/holds no terminal yet\. Pair it: counterfoil terminal pair --data/)
  })

  test('a code counts once, however it is typed; what was paired stays as it was', async () => {
    const code = await codeFor('T2', 'manager')
    const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')} `
    const first = await pair('T2', typed)
    expect(first).toMatchObject({ code: 0, stdout: 'Paired as T2 (T2, epoch A) of Main, role manager.\n' })
    const before = await contentsOf(world.path('T2'))
    for (const again of await Promise.all([pair('T2', code), pair('T3', code)])) {
      expect(again).toMatchObject({ code: 4, stdout: '' })
      expect(again.stderr).toContain('used before')
    }
    expect(await contentsOf(world.path('T2'))).toEqual(before)
  })

  test('a code that has waited for more than ten minutes has expired', async () => {
    const code = await codeFor('T4')
    world.now = () => new Date(Date.now() + 10 * 60_000 + 1)
    const expired = await pair('T4', code)
    world.now = () => new Date()
    expect(expired).toMatchObject({ code: 4, stdout: '' })
    expect(expired.stderr).toBe(
      'counterfoil: This pairing code has expired. Ask the relay operator for a new one.\n',
    )
  })

  test('R1 an address that is none, or where nobody is, is named', async () => {
    const [none, nobody] = await Promise.all([
      pair('T5', 'any', 'not an address'),
      pair('T6', 'any', 'http://127.0.0.1:9'),
    ])
    expect(none).toMatchObject({ code: 5, stdout: '' })
    expect(none.stderr).toContain('"not an address" is no address. Give one such as https://')
    expect(nobody).toMatchObject({ code: 1, stdout: '' })
    expect(nobody.stderr).toContain('The relay at http://127.0.0.1:9 cannot be reached')
  })

  test('A1 an address without TLS that is not this machine’s is refused before anything is made or sent', async () => {
    const code = await codeFor('T7')
    const elsewhere = relay.url.replace('127.0.0.1', '0.0.0.0')
    const refused = await pair('T7', code, elsewhere)
    expect(refused).toMatchObject({ code: 5, stdout: '' })
    expect(refused.stderr).toContain(`What is sent to ${elsewhere} can be read and changed on the way`)
    expect(refused.stderr).toContain('--insecure')
    await expect(access(world.path('T7'))).rejects.toThrow('ENOENT')

    const args = ['terminal', 'pair', '--data', world.path('T7'), '--code', code, '--insecure']
    // The code was not sent: it still counts.
    expect(await processes.tryRun([...args, '--relay', elsewhere])).toMatchObject({ code: 0 })
    expect(await readIdentity(world.path('T7'), nodeDisk)).toMatchObject({ insecure: true })
    const sync = await processes.tryRun(['terminal', 'sync', '--data', world.path('T7')])
    expect(sync).toMatchObject({ code: 0 })
  })

  test('A1 to say --insecure where there is no need is no error, and is not kept', async () => {
    const args = ['terminal', 'pair', '--data', world.path('T8'), '--relay', relay.url, '--insecure']
    const paired = await processes.tryRun([...args, '--code', await codeFor('T8')])
    expect(paired).toMatchObject({ code: 0 })
    expect(await readIdentity(world.path('T8'), nodeDisk)).not.toHaveProperty('insecure')
  })
})
