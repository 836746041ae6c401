import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { useProcesses } from '../support/processes.js'
import { jsonHere, runHere } from './run-here.js'

const processes = useProcesses('all')
let root: string

beforeAll(async () => {
  root = await processes.directory()
  await mkdir(join(root, 'folder'))
})

describe('the config file of a relay', () => {
  test.each([
    ['cut short', '{"port": 0,', 5, /cut short\.json is not JSON: /],
    ['with a member nobody knows', '{"prot": 0}', 5, /is not valid: it has an unknown member "prot"\./],
    ['that is a list', '[]', 5, /is not valid: must be object\./],
    ['with a port that is none', '{"port": 70000}', 5, /is not valid at \/port: must be <= 65535\./],
    [
      'with a currency that is none',
      '{"shops":{"Main":{"currency":"rs"}}}',
      5,
      /is not valid at \/shops\/Main\/currency: /,
    ],
    [
      'with a time that is none',
      '{"defaults":{"dayStartsAt":"25:00"}}',
      5,
      /is not valid at \/defaults\/dayStartsAt: /,
    ],
  ])('R1 %s: is refused by name and place, and no relay is made', async (name, text, code, message) => {
    const file = join(root, `${name}.json`)
    await writeFile(file, text)
    const data = join(root, 'never')
    const ended = await runHere(['relay', 'serve', '--data', data, '--port', '0', '--config', file])
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(message)
    expect(ended.stderr).toContain(file)
    expect(existsSync(data)).toBe(false)
  })

  test('R1 that is not there ends with 3, a folder with 5', async () => {
    const serve = (name: string) =>
      runHere(['relay', 'serve', '--data', join(root, 'never'), '--config', join(root, name)])
    expect(await serve('nowhere.json')).toMatchObject({
      code: 3,
      stderr: `counterfoil: There is no file ${join(root, 'nowhere.json')}.\n`,
    })
    expect(await serve('folder')).toMatchObject({
      code: 5,
      stderr: `counterfoil: ${join(root, 'folder')} is a folder, not a file.\n`,
    })
  })

  test('decides host and port where the command does not, and what shops are founded with', async () => {
    const file = join(root, 'good.json')
    const config = {
      host: 'localhost',
      port: 0,
      defaults: { currency: 'EUR' },
      shops: { Main: { payableStep: 5 }, constructor: { currency: 'GBP' } },
    }
    await writeFile(file, JSON.stringify(config))
    const data = join(root, 'relay')
    const relay = await processes.serve(['relay', 'serve', '--data', data, '--config', file])
    expect(new URL(relay.url).hostname).toMatch(/^(127\.0\.0\.1|\[::1\])$/)
    const policies = []
    for (const name of ['Main', 'constructor', 'Other', 'toString']) {
      const { policy } = await jsonHere<{ policy: object }>(['relay', 'shop', '--data', data, '--shop', name])
      policies.push(policy)
    }
    expect(policies).toMatchObject([
      { currency: 'EUR', payableStep: 5 },
      { currency: 'GBP', payableStep: 1 },
      { currency: 'EUR', payableStep: 1 },
      { currency: 'EUR', payableStep: 1 },
    ])
  })
})
