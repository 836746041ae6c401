import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  CashierList,
  ExportedInvoice,
  PairingResponse,
  TimelineLine,
} from '../../src/docs/generated/types.js'
import { readChecked } from '../../src/storage/atomic-file.js'
import { nodeDisk } from '../../src/storage/disk.js'
import type { Status } from '../../src/terminal/status.js'
import { useProcesses, type Served } from '../support/processes.js'
import { tell } from '../support/till-api.js'
import { jsonHere, runHere } from './run-here.js'

const processes = useProcesses('all')
const CATALOGUE = 'sku,name,price\nTEA,Tea,1.00\n'
const SALES = 'InvoiceNo,StockCode,Description,Quantity,UnitPrice\n1,TEA,Tea,2,1.00\n2,TEA,Tea,1,1.00\n'

let folder: string
let relay: string
let data: string
let file: (name: string) => string

/** A shop "Main" with one manager's terminal, served by nobody: each command opens the directories itself. */
beforeAll(async () => {
  folder = await processes.directory()
  file = (name) => join(folder, name)
  relay = file('relay')
  data = file('T01')
  const serving = await processes.serve(['relay', 'serve', '--data', relay, '--port', '0'])
  const pair = ['relay', 'pair', '--data', relay, '--shop', 'Main', '--terminal', 'T01', '--role', 'manager']
  const { code } = await jsonHere<PairingResponse>(pair)
  await jsonHere(['terminal', 'pair', '--data', data, '--relay', serving.url, '--code', code])
  await writeFile(file('asha'), '4711\n')
  await writeFile(file('mira'), '081500\n')
  await writeFile(file('wrong'), '0000\n')
  await writeFile(file('items.csv'), CATALOGUE)
  await writeFile(file('sales.csv'), SALES)
})

const cashier = (verb: string, ...args: string[]): string[] => [
  'relay',
  'cashier',
  verb,
  '--data',
  relay,
  '--shop',
  'Main',
  ...args,
]
const terminal = (verb: string, ...args: string[]): string[] => ['terminal', verb, '--data', data, ...args]

describe('cashiers, by command', () => {
  test('A1 are entered at the relay, with a PIN from a file, and the terminals hear of them with their sync', async () => {
    const added = await runHere(cashier('add', '--name', 'Asha', '--pin-file', file('asha')))
    expect(added).toMatchObject({ code: 0, stdout: 'Asha is a cashier of Main.\n' })
    expect(added.stderr).toBe('The terminals of Main know it after their next sync.\n')
    const mira = ['--name', 'Mira', '--role', 'manager', '--pin-file', file('mira')]
    expect(await jsonHere<CashierList>(cashier('add', ...mira))).toEqual({
      shop: 'Main',
      signInNeeded: true,
      cashiers: [
        { name: 'Asha', role: 'cashier' },
        { name: 'Mira', role: 'manager' },
      ],
    })
    const list = await runHere(cashier('list'))
    expect(list).toMatchObject({ code: 0, stdout: 'Asha  cashier\nMira  manager\n' })
    // Nothing asks for a PIN until the terminal knows; the sync itself needs nobody.
    expect(await runHere(terminal('mark-synced'))).toMatchObject({ code: 0 })
    expect(await runHere(terminal('sync'))).toMatchObject({ code: 0 })
  })

  test('A2 then whoever does something says who, with the PIN, and is named in what is done', async () => {
    const unnamed = await runHere(terminal('mark-synced'))
    expect(unnamed).toMatchObject({ code: 4, stdout: '' })
    expect(unnamed.stderr).toBe(
      'counterfoil: People sign in at this shop’s terminals. Say who does it with --by NAME, and give the PIN in COUNTERFOIL_PIN, with --pin-file FILE, or when you are asked.\n',
    )
    const pinless = await runHere(terminal('mark-synced', '--by', 'Asha'))
    expect(pinless).toMatchObject({ code: 4, stdout: '' })
    expect(pinless.stderr).toContain('--pin-file FILE, or in COUNTERFOIL_PIN')
    const wrong = await runHere(terminal('mark-synced', '--by', 'Asha', '--pin-file', file('wrong')))
    expect(wrong).toMatchObject({ code: 4, stdout: '' })
    expect(wrong.stderr).toContain(
      'The name or the PIN is wrong. After 4 more wrong PINs this name has to wait.',
    )
    const stranger = await runHere(terminal('mark-synced', '--by', 'Nobody', '--pin-file', file('asha')))
    expect(stranger).toMatchObject({ code: 4, stdout: '' })

    const right = await processes.run<Status>(terminal('mark-synced', '--by', 'asha'), {
      env: { COUNTERFOIL_PIN: '4711' },
    })
    expect(right.markedSynced).not.toBeNull()
    const { history } = await jsonHere<{ history: TimelineLine[] }>(['history', '--data', data])
    const of = (did: string): string[] => history.filter((line) => line.did === did).map(({ by }) => by)
    expect(of('mark-as-synced').at(-1)).toBe('Asha')
    expect(of('login')).toEqual(['Asha'])
    expect(of('logout')).toEqual(['Asha'])
    expect(JSON.stringify(history)).not.toContain('scrypt$')
  })

  test('A2 a manager imports the catalogue, a cashier may not; a whole file is replayed in somebody’s name', async () => {
    await jsonHere(terminal('online', '--by', 'Mira', '--pin-file', file('mira')))
    const importing = ['catalogue', 'import', '--data', data, '--file', file('items.csv')]
    expect(await runHere(importing)).toMatchObject({ code: 4 })
    const refused = await runHere([...importing, '--by', 'Asha', '--pin-file', file('asha')])
    expect(refused).toMatchObject({ code: 4, stdout: '' })
    expect(refused.stderr).toContain('This is for people with the role manager; Asha is a cashier.')
    expect(await jsonHere([...importing, '--by', 'Mira', '--pin-file', file('mira')])).toMatchObject({
      items: 1,
      changed: 1,
    })
    const replay = terminal('replay', '--sales', file('sales.csv'))
    expect(await runHere(replay)).toMatchObject({ code: 4, stdout: '' })
    expect(await jsonHere([...replay, '--by', 'Asha', '--pin-file', file('asha')])).toMatchObject({
      sealed: 2,
    })
  })

  test('A2 reading, and syncing, need who may read the directory and nobody else', async () => {
    const { invoices } = await jsonHere<{ invoices: ExportedInvoice[] }>([
      'export',
      '--data',
      data,
      '--format',
      'json',
    ])
    expect(invoices.map(({ by }) => by)).toEqual(['Asha', 'Asha'])
    expect(await runHere(terminal('status'))).toMatchObject({ code: 0 })
    expect(await runHere(terminal('sync'))).toMatchObject({ code: 0 })
    expect(await runHere(terminal('sync', '--by', 'Asha', '--pin-file', file('wrong')))).toMatchObject({
      code: 4,
    })

    const served: Served = await processes.serve(terminal('serve', '--port', '0'))
    const { token } = (await readChecked(nodeDisk, join(data, 'control.json'))) as { token: string }
    const { mode } = await stat(join(data, 'control.json'))
    expect(mode & 0o077).toBe(0)
    const headers = { authorization: `Bearer ${token}` }
    expect(await tell(served.url, 'GET /v1/export?format=json')).toMatchObject({
      status: 401,
      code: 'sign-in-needed',
    })
    expect(await tell(served.url, 'GET /v1/export?format=json', { headers })).toMatchObject({ status: 200 })
    expect(await tell(served.url, 'GET /v1/bills', { headers })).toMatchObject({ status: 401 })
    await served.stop()
  })

  test('A2 a new PIN and a removal count after the next sync; the last one removed is told', async () => {
    await writeFile(file('new'), '99990000')
    expect(await runHere(cashier('pin', '--name', 'Asha', '--pin-file', file('new')))).toMatchObject({
      code: 0,
      stdout: 'Asha has a new PIN.\n',
    })
    // While a cashier is left, the last manager cannot go.
    const lastManager = await runHere(cashier('remove', '--name', 'Mira'))
    expect(lastManager).toMatchObject({ code: 1, stdout: '' })
    expect(lastManager.stderr).toContain('Mira is the last manager of Main. Enter another manager first')
    await jsonHere(cashier('add', '--name', 'Ravi', '--role', 'manager', '--pin-file', file('asha')))
    await jsonHere(cashier('remove', '--name', 'Mira'))
    await jsonHere(terminal('sync'))
    const as = (name: string, pin: string) =>
      runHere(terminal('mark-synced', '--by', name, '--pin-file', file(pin)))
    expect(await as('Asha', 'asha')).toMatchObject({ code: 4 })
    expect(await as('Mira', 'mira')).toMatchObject({ code: 4 })
    expect(await as('Asha', 'new')).toMatchObject({ code: 0 })
    expect(await runHere(cashier('remove', '--name', 'asha'))).toMatchObject({ code: 0 })
    const last = await runHere(cashier('remove', '--name', 'Ravi'))
    expect(last.stderr).toContain('Nobody is left: the terminals of Main ask for no PIN from now on.')
    await jsonHere(terminal('sync'))
    expect(await runHere(terminal('mark-synced', '--by', 'Anybody'))).toMatchObject({ code: 0 })
  })

  test.each([
    [
      'a shop that is not there',
      ['--shop', 'None', '--name', 'Ravi', '--pin-file', 'asha'],
      3,
      'There is no shop "None"',
    ],
    [
      'a name that is there',
      ['--name', ' RAVI ', '--pin-file', 'asha'],
      1,
      'Ravi is a cashier of Main already',
    ],
    ['the name of a terminal', ['--name', 't01', '--pin-file', 'asha'], 1, 'is the name of a terminal'],
    ['a name that is none', ['--name', ' ', '--pin-file', 'asha'], 5, '/name'],
    ['a name that turns the others round', ['--name', 'a\u202Eb', '--pin-file', 'asha'], 5, '/name'],
    ['a PIN that is none', ['--name', 'New', '--pin-file', 'items.csv'], 5, 'A PIN is 4 to 12 digits.'],
    ['a file that is not there', ['--name', 'New', '--pin-file', 'none'], 3, 'There is no file'],
  ])('R1 %s is named, and nothing is entered', async (_what, args, code, said) => {
    await runHere(cashier('add', '--name', 'Ravi', '--pin-file', file('asha')))
    const named = args.map((arg, at) => (args[at - 1] === '--pin-file' ? file(arg) : arg))
    const refused = await runHere(cashier('add', ...named))
    expect(refused).toMatchObject({ code, stdout: '' })
    expect(refused.stderr).toContain(said)
    const { cashiers } = await jsonHere<CashierList>(cashier('list'))
    expect(cashiers).toEqual([{ name: 'Ravi', role: 'cashier' }])
  })

  test('R1 a PIN to set is taken from a file or a keyboard, not from what PIN to sign in with stands around', async () => {
    const args = cashier('add', '--name', 'New')
    const refused = await processes.tryRun(args, { env: { COUNTERFOIL_PIN: '4711' } })
    expect(refused).toMatchObject({ code: 4, stdout: '' })
    expect(refused.stderr).toContain('A PIN is needed, and nobody is here to type it.')
  })
})
