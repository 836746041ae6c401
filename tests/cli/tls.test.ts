import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect } from 'node:tls'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ControlFile, PairingResponse } from '../../src/docs/generated/types.js'
import { readChecked } from '../../src/storage/atomic-file.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { useProcesses } from '../support/processes.js'
import { runHere } from './run-here.js'

const file = (name: string): string => fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url))
const CERT = file('localhost.crt')
const KEY = file('localhost.key')
const TLS = ['--tls-cert', CERT, '--tls-key', KEY]
/** What a terminal's operator sets for a certificate of a private authority. */
const TRUSTING = { env: { NODE_EXTRA_CA_CERTS: CERT } }

const processes = useProcesses('all')
let root: string
beforeAll(async () => {
  root = await processes.directory()
})

describe('a relay that speaks TLS', () => {
  test('A1 a terminal pairs, syncs and gets receipts over https and wss; one that does not trust it, does not', async () => {
    const data = join(root, 'relay')
    const relay = await processes.serve(['relay', 'serve', '--data', data, '--port', '0', ...TLS])
    expect(relay.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
    // Commands on the relay's machine need to trust nothing.
    const named = ['--shop', 'Main', '--terminal', 'T01', '--role', 'manager']
    const { code } = await processes.run<PairingResponse>(['relay', 'pair', '--data', data, ...named])
    const till = join(root, 'T01')
    const pair = ['terminal', 'pair', '--data', till, '--relay', relay.url, '--code', code]
    const distrusting = await processes.tryRun(pair)
    expect(distrusting.code).toBe(1)
    expect(distrusting.stderr).toMatch(/cannot be reached \(DEPTH_ZERO_SELF_SIGNED_CERT\)/)
    await processes.run(pair, TRUSTING)
    const csv = join(root, 'items.csv')
    await writeFile(csv, 'sku,name,price,tax\nTEA,Tea,100.00,none\n')
    await processes.run(['catalogue', 'import', '--data', till, '--file', csv])
    const synced = await processes.run<{ receipted: number; complete: boolean }>(
      ['terminal', 'sync', '--data', till],
      TRUSTING,
    )
    expect(synced).toMatchObject({ complete: true })
    expect(synced.receipted).toBeGreaterThan(0)
    const history = await processes.tryRun(['history', '--data', data, 'TEA'])
    expect(history.stdout).toContain('Tea')
    await relay.stop()
  })

  test('A1 the loopback for commands listens to nobody but them, and the cookie of people goes over TLS only', async () => {
    const data = join(root, 'cookie')
    const relay = await processes.serve(['relay', 'serve', '--data', data, '--port', '0', ...TLS])
    const password = join(root, 'password')
    await writeFile(password, 'correct horse battery\n')
    const add = ['relay', 'user', 'add', '--data', data, '--name', 'Olga', '--role', 'operator']
    await processes.run([...add, '--password-file', password])
    const control = (await readChecked(nodeDisk, join(data, 'control.json'))) as ControlFile
    expect(control.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    for (const path of ['/', '/healthz', '/v1/admin/status', '/v1/challenge']) {
      expect((await fetch(`${control.url}${path}`)).status).toBe(401)
    }
    const asked = request(`${relay.url}/v1/sign-in`, {
      method: 'POST',
      ca: await readFile(CERT),
      headers: { 'content-type': 'application/json', origin: relay.url },
    })
    asked.end(JSON.stringify({ name: 'Olga', password: 'correct horse battery' }))
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(200)
    expect(response.headers['set-cookie']?.[0]).toMatch(
      /^__Host-counterfoil=[\w-]{43};.* Path=\/;.* HttpOnly; Secure; SameSite=Strict$/,
    )
    expect(response.headers['strict-transport-security']).toMatch(/max-age=/)
    const plain = await fetch(relay.url.replace('https', 'http')).catch((error: Error) => error.message)
    expect(plain).toBe('fetch failed')
    await relay.stop()
  })

  test('A1 old versions of TLS are not spoken', async () => {
    const relay = await processes.serve([
      'relay',
      'serve',
      '--data',
      join(root, 'old'),
      '--port',
      '0',
      ...TLS,
    ])
    const socket = connect({
      port: Number(new URL(relay.url).port),
      host: '127.0.0.1',
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'ALL:@SECLEVEL=0',
      rejectUnauthorized: false,
    })
    const [error] = (await once(socket, 'error')) as [Error]
    expect(error.message).toMatch(/alert|version|protocol/i)
    await relay.stop()
  })

  test('the files stand in the config as well, beside it', async () => {
    const folder = await processes.directory()
    await writeFile(join(folder, 'c.pem'), await readFile(CERT))
    await writeFile(join(folder, 'k.pem'), await readFile(KEY))
    const config = join(folder, 'relay.json')
    await writeFile(config, JSON.stringify({ port: 0, tlsCert: 'c.pem', tlsKey: 'k.pem' }))
    const data = join(folder, 'relay')
    const relay = await processes.serve(['relay', 'serve', '--data', data, '--config', config])
    expect(relay.url).toMatch(/^https:/)
    await relay.stop()
  })
})

describe('R1 what cannot be served with is refused, and no relay is made', () => {
  test.each([
    ['a certificate alone', ['--tls-cert', CERT], 5, /give both --tls-cert and --tls-key/],
    ['a key alone', ['--tls-key', KEY], 5, /give both --tls-cert and --tls-key/],
    [
      'a certificate that is not there',
      ['--tls-cert', '/nowhere.crt', '--tls-key', KEY],
      3,
      /no file \/nowhere\.crt/,
    ],
    [
      'a key for a certificate',
      ['--tls-cert', KEY, '--tls-key', KEY],
      5,
      /localhost\.key holds no certificate in PEM/,
    ],
    [
      'a certificate for a key',
      ['--tls-cert', CERT, '--tls-key', CERT],
      5,
      /localhost\.crt holds no private key/,
    ],
    [
      'the key of another',
      ['--tls-cert', CERT, '--tls-key', file('other.key')],
      5,
      /other\.key does not belong to the first certificate in .*localhost\.crt/,
    ],
  ])('%s', async (_what, options, code, message) => {
    const data = join(root, 'never')
    const ended = await runHere(['relay', 'serve', '--data', data, '--port', '0', ...options])
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toMatch(message)
    expect(existsSync(data)).toBe(false)
  })
})
