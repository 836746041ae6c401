import { readFile, writeFile } from 'node:fs/promises'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Verdict } from '../../src/docs/generated/types.js'
import { validate } from '../../src/docs/validate.js'
import type { Agent } from '../../src/terminal/agent.js'
import { tea, World, type RunningRelay } from '../support/world.js'
import { runHere } from './run-here.js'

const DAY_MS = 86_400_000

let world: World
let relay: RunningRelay
let agent: Agent
let other: Agent
/** What whoever verifies was told by the operator. */
let relayKey: string
let terminalKey: string
let relayExport: string
let terminalExport: string

interface Told {
  readonly code: number | string | null | undefined
  readonly verdict: Verdict
  readonly stderr: string
}

async function verified(what: string, ...keys: string[]): Promise<Told> {
  const { code, stdout, stderr } = await runHere([
    'verify',
    what,
    '--json',
    ...keys.flatMap((key) => ['--key', key]),
  ])
  const verdict: unknown = stdout === '' ? { findings: [] } : JSON.parse(stdout)
  if (stdout !== '') validate<Verdict>('verdict.schema.json', verdict, 'verdict')
  return { code, verdict: verdict as Verdict, stderr }
}

async function exported(data: string, out: string, ...more: string[]): Promise<string> {
  const { code, stderr } = await runHere([
    'export',
    '--data',
    data,
    '--format',
    'records',
    '--out',
    out,
    ...more,
  ])
  expect([code, stderr]).toEqual([0, ''])
  return out
}

const codes = ({ findings }: Verdict): string[] => findings.map(({ code }) => code)

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  other = await world.terminal(relay, 'T02', { mode: 'disconnected' })
  for (let sale = 0; sale < 5; sale += 1) {
    await agent.till.sell(tea('1', { externalRef: `=sale ${sale}` }))
    await other.till.sell(tea('2'))
  }
  await agent.till.closeDay('Asha')
  await agent.sync()
  await other.sync()
  world.now = () => new Date(Date.now() + DAY_MS)
  await agent.till.sell(tea())
  await agent.sync()
  relayKey = `relay=${agent.identity.relayKey}`
  terminalKey = `T01A=${agent.identity.signer.publicKey}`
  relayExport = await exported(relay.directory, world.path('relay.zip'))
  terminalExport = await exported(agent.disk.directory.directory, world.path('terminal.zip'))
})
afterAll(() => world.end())

/** The same bundle with some of its files changed. */
async function changed(change: (files: Record<string, Uint8Array>) => void): Promise<string> {
  const files = unzipSync(await readFile(relayExport))
  change(files)
  const path = world.path('changed.zip')
  await writeFile(path, zipSync(files))
  return path
}

describe('verify', () => {
  test('H2 an export of a running relay verifies with nothing but the relay’s key, which vouches for those of the terminals', async () => {
    const { code, verdict } = await verified(relayExport, relayKey)
    expect(verdict.findings).toEqual([])
    expect(code).toBe(0)
    expect(verdict).toMatchObject({ what: 'export', verified: true })
    expect(
      verdict.chains.map(({ terminal, first, last, receiptedUpTo }) => [
        terminal,
        first,
        receiptedUpTo === last,
      ]),
    ).toEqual([
      ['T01', 1, true],
      ['T02', 1, true],
    ])
    expect(verdict.keys.map(({ of, trust }) => `${of} ${trust}`)).toEqual([
      'relay given',
      'T01A vouched',
      'T02A vouched',
    ])
  })

  test('H2 an export of a running terminal verifies with its key and the relay’s', async () => {
    const { code, verdict } = await verified(terminalExport, relayKey, terminalKey)
    expect(verdict.findings).toEqual([])
    expect(code).toBe(0)
    expect(verdict.chains).toHaveLength(1)
  })

  test('H2 data directories verify while processes use them, also what has not entered its day book yet', async () => {
    const { record } = await agent.till.sell(tea())
    const own = await verified(agent.disk.directory.directory, relayKey, terminalKey)
    expect(own.verdict.findings).toEqual([])
    expect(own.code).toBe(0)
    expect(own.verdict.chains[0]?.last).toBe(record.body.chain.position)
    expect(own.verdict.notes.join()).toContain('no receipt here covers the records after')
    const whole = await verified(
      relay.directory,
      relayKey,
      terminalKey,
      `T02A=${other.identity.signer.publicKey}`,
    )
    expect(whole.verdict.findings).toEqual([])
    expect(whole.verdict).toMatchObject({ what: 'relay', verified: true })
  })

  test('H2 without keys nothing counts as verified, and with wrong ones all is found', async () => {
    const bare = await verified(relayExport)
    expect([bare.code, codes(bare.verdict)]).toEqual([6, ['untrusted-key']])
    const wrong = await verified(relayExport, `relay=${other.identity.signer.publicKey}`, terminalKey)
    expect(wrong.code).toBe(6)
    expect(codes(wrong.verdict)).toEqual(expect.arrayContaining(['manifest', 'bad-receipt', 'keys-differ']))
  })

  test('H2 a checkpoint that nothing here continues is a finding, and not passed over', async () => {
    await writeFile(world.path('checkpoint'), 'counterfoil/relay_…')
    const args = [
      'verify',
      relayExport,
      '--json',
      '--key',
      relayKey,
      '--checkpoint',
      world.path('checkpoint'),
    ]
    const { code, stdout } = await runHere(args)
    expect([code, codes(JSON.parse(stdout) as Verdict)]).toEqual([6, ['log-checkpoint']])
  })

  test('H2 an unpacked bundle verifies like a packed one', async () => {
    const folder = world.path('unpacked')
    for (const [name, bytes] of Object.entries(unzipSync(await readFile(relayExport)))) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), bytes)
    }
    expect((await verified(folder, relayKey)).verdict).toEqual(
      (await verified(relayExport, relayKey)).verdict,
    )
  })

  test('H2 a file that was altered, taken out or put in is named, and what it says is held to the signatures all the same', async () => {
    const altered = await changed((files) => {
      const text = strFromU8(files['records.ndjson'] ?? new Uint8Array())
      files['records.ndjson'] = strToU8(text.replace('=sale 3', '=sale 4'))
    })
    const { code, verdict } = await verified(altered, relayKey)
    expect(code).toBe(6)
    expect(codes(verdict)).toEqual(
      expect.arrayContaining(['file-altered', 'altered', 'record-not-in-document', 'view-differs']),
    )
    const gone = await changed((files) => delete files['receipts.ndjson'])
    expect(codes((await verified(gone, relayKey)).verdict)).toEqual(['file-missing'])
    const more = await changed((files) => (files['views/more.csv'] = strToU8('x')))
    expect(codes((await verified(more, relayKey)).verdict)).toEqual(['file-unlisted'])
  })

  test('an export says what it is for people, in CSV that no spreadsheet runs', async () => {
    const files = unzipSync(await readFile(relayExport))
    expect(Object.keys(files).filter((name) => name.startsWith('views/'))).toEqual(
      ['invoices', 'lines', 'tax-groups', 'tenders', 'events'].map((name) => `views/${name}.csv`),
    )
    expect(strFromU8(files['views/invoices.csv'] ?? new Uint8Array())).toContain(",'=sale 3,")
    expect(strFromU8(files['views/events.csv'] ?? new Uint8Array())).toContain(',day-close,')
  })

  test('H2 an export of some days verifies, and says that it begins in the middle', async () => {
    const none = await exported(relay.directory, world.path('none.zip'), '--to', '2001-01-01')
    expect((await verified(none, relayKey)).verdict).toMatchObject({ verified: true, records: 0 })
    const { body } = (await agent.till.sell(tea())).record
    const some = await exported(relay.directory, world.path('some.zip'), '--from', body.day)
    const { verdict } = await verified(some, relayKey)
    expect(verdict.findings).toEqual([])
    expect(verdict.chains).toHaveLength(1)
    expect(verdict.chains[0]?.first).toBeGreaterThan(5)
    expect(verdict.notes.join()).toContain(`begins with record ${verdict.chains[0]?.first}`)
  })

  test('H2 the code on a slip verifies with the key of its terminal', async () => {
    const { slipCode } = await import('../../src/docs/slip-code.js')
    const facts = {
      number: 'T01A/2627/000001',
      sealedAt: '2026-11-24T04:00:00.000Z',
      payable: 100,
      currency: 'INR',
      hash: 'A'.repeat(43),
    }
    const text = slipCode(facts, agent.identity.signer)
    expect((await verified(text, terminalKey)).code).toBe(0)
    expect(codes((await verified(text)).verdict)).toEqual(['no-key'])
    expect(codes((await verified(text.replace('*100*', '*900*'), terminalKey)).verdict)).toEqual([
      'slip-signature',
    ])
  })

  test('H2 the record a slip names must be in the bundle', async () => {
    const { slipCode } = await import('../../src/docs/slip-code.js')
    const { record } = await agent.till.sell(tea())
    const { number, at: sealedAt } = record.body
    const facts = { number, sealedAt, payable: 10_000, currency: 'INR', hash: record.hash }
    const slip = async (text: string): Promise<string[]> => {
      const data = agent.disk.directory.directory
      const keys = ['--key', relayKey, '--key', terminalKey]
      return codes(
        JSON.parse((await runHere(['verify', data, '--json', '--slip', text, ...keys])).stdout) as Verdict,
      )
    }
    expect(await slip(slipCode(facts, agent.identity.signer))).toEqual([])
    expect(await slip(slipCode({ ...facts, hash: 'A'.repeat(43) }, agent.identity.signer))).toEqual([
      'slip-record',
    ])
    expect(await slip(slipCode({ ...facts, number: 'T01A/2627/999999' }, agent.identity.signer))).toEqual([
      'slip-record',
    ])
    expect(await slip(slipCode(facts, other.identity.signer))).toEqual(['slip-signature'])
  })

  test('R1 what is nothing to verify is refused, with what it is', async () => {
    const text = world.path('text')
    await writeFile(text, 'nothing of ours')
    expect(await verified(text, relayKey)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('not a zip') as string,
    })
    expect(await verified(world.path('nowhere'), relayKey)).toMatchObject({ code: 3 })
    expect(await verified(world.root, relayKey)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('no data directory and no export') as string,
    })
    expect((await runHere(['verify', relayExport, '--key', 'relay=short'])).code).toBe(2)
    const cut = world.path('cut.zip')
    const whole = await readFile(relayExport)
    await writeFile(cut, whole.subarray(0, whole.length - 100))
    expect((await verified(cut, relayKey)).code).toBe(5)
    const again = await runHere([
      'export',
      '--data',
      relay.directory,
      '--format',
      'records',
      '--out',
      relayExport,
    ])
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('already')])
  })

  test('H2 the bundle of a handoff verifies with the key of its terminal', async () => {
    await world.stopRelay(relay)
    await agent.forceComplete('Asha', true).catch(() => undefined)
    const bundle = world.path('T01', 'handoff.bundle')
    const { code, verdict } = await verified(bundle, terminalKey)
    expect(verdict.findings).toEqual([])
    expect([code, verdict.what, verdict.verified]).toEqual([0, 'handoff', true])
    expect((await verified(bundle)).code).toBe(5)
  })
})
