import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { makeProgram } from '../../src/cli/program.js'
import { useProcesses } from '../support/processes.js'
import { runHere } from './run-here.js'

const PERSON = ['--data <dir>', '--json', '--by <person>', '--pin-file <file>']
const FLEET = [
  '--data <dir>',
  '--json',
  '--by <person>',
  '--shop <name>',
  '--terminal <name>',
  '--reason <text>',
]
const CASHIER = ['--data <dir>', '--json', '--shop <name>', '--name <person>']

/** Every command, and every option it has. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  demo: ['--json', '--headless'],
  'relay serve': [
    '--data <dir>',
    '--json',
    '--port <n>',
    '--host <address>',
    '--config <file>',
    '--tls-cert <file>',
    '--tls-key <file>',
  ],
  'relay pair': ['--data <dir>', '--json', '--shop <name>', '--terminal <name>', '--role <role>'],
  'relay shop': [
    '--data <dir>',
    '--json',
    '--shop <name>',
    '--currency <code>',
    '--minor-digits <n>',
    '--prices-include-tax',
    '--no-prices-include-tax',
    '--others-invoices',
    '--no-others-invoices',
    '--rounding <where>',
    '--payable-step <minor>',
    '--time-zone <zone>',
    '--day-starts-at <time>',
    '--financial-year-start <date>',
    '--address <text>',
    '--tax-id <text>',
  ],
  'relay cashier add': [...CASHIER, '--role <role>', '--pin-file <file>'],
  'relay cashier pin': [...CASHIER, '--pin-file <file>'],
  'relay cashier remove': CASHIER,
  'relay cashier list': ['--data <dir>', '--json', '--shop <name>'],
  'relay revoke': FLEET,
  'relay reinstate': FLEET,
  'relay intake': [...FLEET, '--until <time>', '--close'],
  'relay settle-fork': FLEET,
  'relay move-epoch': FLEET,
  'relay rename': [...FLEET, '--name <name>'],
  'slip-code': ['--json', '--text <code>', '--key <public key...>', '--export <file.json>'],
  'relay accept': ['--data <dir>', '--json', '--by <person>', '--incident <n>', '--reason <text>'],
  'relay status': ['--data <dir>', '--json'],
  'relay incidents': ['--data <dir>', '--json'],
  'relay user add': [
    '--data <dir>',
    '--json',
    '--name <name>',
    '--role <role>',
    '--shop <name>',
    '--password-file <file>',
  ],
  'relay user list': ['--data <dir>', '--json'],
  'relay user password': ['--data <dir>', '--json', '--name <name>', '--password-file <file>'],
  'relay user remove': ['--data <dir>', '--json', '--name <name>'],
  'terminal pair': [
    '--data <dir>',
    '--json',
    '--relay <url>',
    '--code <code>',
    '--link <link>',
    '--insecure',
  ],
  'terminal serve': ['--data <dir>', '--json', '--port <n>', '--mode <mode>'],
  'terminal status': ['--data <dir>', '--json'],
  'terminal sync': PERSON,
  'terminal online': PERSON,
  'terminal disconnect': PERSON,
  'terminal force': [...PERSON, '--keep-catalogue', '--no-keep-catalogue'],
  'terminal mark-synced': PERSON,
  'terminal image set': PERSON,
  'terminal image sync': PERSON,
  'terminal image force': PERSON,
  'terminal replay': [...PERSON, '--sales <file.csv>', '--limit <n>', '--rate <n/s>', '--tax <spec>'],
  'catalogue import': [...PERSON, '--file <file.csv>', '--while-disconnected'],
  'log checkpoint': ['--data <dir>', '--json', '--since <file>'],
  'log prove': ['--data <dir>', '--json', '--receipt <n>', '--leaf <hash>'],
  'log settle': PERSON,
  history: [
    '--as-of <instant>',
    '--cursor <cursor>',
    '--data <dir>',
    '--from <instant>',
    '--json',
    '--kind <kind>',
    '--limit <n>',
    '--person <name>',
    '--shop <shop>',
    '--terminal <code>',
    '--to <instant>',
    '--view <view>',
  ],
  export: [
    '--data <dir>',
    '--json',
    '--format <format>',
    '--out <file.zip>',
    '--checkpoint <file>',
    '--from <date>',
    '--to <date>',
  ],
  verify: ['--json', '--key <who=key>', '--slip <code>', '--checkpoint <file>'],
}

function leavesOf(command: Command, path: readonly string[] = []): string[] {
  if (command.commands.length === 0) return [path.join(' ')]
  return command.commands.flatMap((inner) => leavesOf(inner, [...path, inner.name()]))
}

describe('--help', () => {
  test('the list of commands is complete', () => {
    expect(leavesOf(makeProgram()).sort()).toEqual(Object.keys(COMMANDS).sort())
  })

  test.each(Object.entries(COMMANDS))(
    '%s: ends with 0 and names its options on stdout',
    async (name, flags) => {
      const { code, stdout, stderr } = await runHere([...name.split(' '), '--help'])
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toContain(`Usage: counterfoil ${name}`)
      const named = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+(?: <[^>]+>)?)/gm)].map(([, flag]) => flag)
      expect(named.sort()).toEqual([...flags, '--help'].sort())
    },
  )
})

describe('wrong usage', () => {
  const data = '/nowhere/data'
  test.each([
    [['bogus'], "unknown command 'bogus'"],
    [['terminal', 'bogus'], "unknown command 'bogus'"],
    [['terminal', 'statsu', '--data', data], 'Did you mean status?'],
    [['terminal', 'status', '--data', data, '--bogus'], "unknown option '--bogus'"],
    [['terminal', 'status', '--data', data, 'extra'], 'too many arguments'],
    [['terminal', 'status'], "required option '--data <dir>' not specified"],
    [['terminal', 'status', '--data'], "option '--data <dir>' argument missing"],
    [
      ['terminal', 'pair', '--data', data, '--relay', 'http://127.0.0.1:8700'],
      "required option '--code <code>'",
    ],
    [
      ['terminal', 'pair', '--data', data, '--link', 'counterfoil:pair?relay=a&code=b', '--code', 'c'],
      '--link stands for --relay and --code',
    ],
    [['terminal', 'serve', '--data', data, '--port', '65536'], 'It is a number from 0 to 65535.'],
    [['terminal', 'serve', '--data', data, '--mode', 'offline'], 'It is one of online, disconnected.'],
    [['terminal', 'replay', '--data', data], "required option '--sales <file.csv>'"],
    [
      ['terminal', 'replay', '--data', data, '--sales', 'a.csv', '--limit', '0'],
      'It is a whole number above 0.',
    ],
    [['terminal', 'replay', '--data', data, '--sales', 'a.csv', '--rate', 'fast'], 'such as 5/s'],
    [['terminal', 'replay', '--data', data, '--sales', 'a.csv', '--tax', 'VAT'], '"VAT" is not name:percent'],
    [['relay', 'serve', '--data', data, '--port', 'http'], 'It is a number from 0 to 65535.'],
    [
      ['relay', 'pair', '--data', data, '--shop', 'A', '--terminal', 'T', '--role', 'boss'],
      'It is one of till, manager.',
    ],
    [['relay', 'shop', '--data', data, '--shop', 'A', '--minor-digits', 'two'], 'from 0 to 4'],
    [['relay', 'shop', '--data', data, '--shop', 'A', '--currency', 'rupee'], 'three capital letters'],
    [
      ['relay', 'shop', '--data', data, '--shop', 'A', '--rounding', 'up'],
      'It is one of line, rate-group, document.',
    ],
    [
      ['relay', 'shop', '--data', data, '--shop', 'A', '--payable-step', '-1'],
      'It is a whole number above 0.',
    ],
    [['relay', 'shop', '--data', data, '--shop', 'A', '--day-starts-at', '24:00'], 'from 00:00 to 23:59'],
    [['relay', 'shop', '--data', data, '--shop', 'A', '--financial-year-start', '13-01'], 'such as 04-01'],
    [['catalogue', 'import', '--data', data], "required option '--file <file.csv>'"],
    [['history', '--data', data, '--as-of', 'yesterday'], 'It is a moment with its time zone'],
    [['history', '--data', data, '--view', 'relay'], 'give --as-of <instant> as well'],
    [
      ['history', '--data', data, '--as-of', '2026-01-01T00:00:00Z', '--person', 'Asha'],
      '--as-of shows what stood there',
    ],
    [['export', '--data', data], "required option '--format <format>'"],
    [['export', '--data', data, '--format', 'xml'], 'It is one of json, csv.'],
    [
      ['export', '--data', data, '--format', 'json', '--from', '2026-02-31'],
      "'2026-02-31' is invalid. It is a date",
    ],
    [['export', '--data', data, '--format', 'json', '--to', 'today'], 'It is a date, YYYY-MM-DD.'],
    [
      ['export', '--data', data, '--format', 'json', '--from', '2026-02-02', '--to', '2026-02-01'],
      '--from 2026-02-02 is after --to 2026-02-01',
    ],
    [['export', '--data', data, '--format', 'csv', '--json'], '--json prints one JSON document'],
  ])('R1 %j ends with 2, says what is wrong, and where to read more', async (args, message) => {
    const { code, stdout, stderr } = await runHere(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(message)
    expect(stderr).toContain('Run it with --help to see what it takes.')
    expect(existsSync(data)).toBe(false)
  })

  test.each([[[]], [['relay']], [['terminal']], [['catalogue']]])(
    '%j alone ends with 2 and shows the commands there are',
    async (args) => {
      const { code, stdout, stderr } = await runHere(args)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('Commands:')
    },
  )
})

describe('the process', () => {
  const processes = useProcesses('all')

  test('ends with the same codes, data on stdout and messages on stderr', async () => {
    const [version, help, unknown] = await Promise.all([
      processes.tryRun(['--version']),
      processes.tryRun(['terminal', 'replay', '--help']),
      processes.tryRun(['terminal', 'bogus']),
    ])
    expect(version).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    })
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toContain('--sales <file.csv>')
    expect(unknown).toMatchObject({ code: 2, stdout: '' })
    expect(unknown.stderr).toBe("error: unknown command 'bogus'\nRun it with --help to see what it takes.\n")
  })
})
