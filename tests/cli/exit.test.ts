import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { EXIT, exitCodeOf, messageOf } from '../../src/cli/exit.js'
import { KINDS, problemFor, Refused, refusedFrom, type Kind } from '../../src/protocol/problem.js'
import { DamagedFile } from '../../src/storage/atomic-file.js'
import { DirectoryInUse, DirectoryNewer, DirectoryNotFound } from '../../src/storage/directory-errors.js'
import { StorageWriteError } from '../../src/storage/errors.js'

const kinds = Object.keys(KINDS) as Kind[]

function systemError(code: string, more: object): Error {
  return Object.assign(new Error(`${code}: as the system says it`), { code, syscall: 'x', ...more })
}

describe('exit codes', () => {
  test('each kind of refusal has one of the six, and none of them means success or wrong usage', () => {
    const { ok, usage, ...others } = EXIT
    for (const kind of kinds) {
      const code = exitCodeOf(new Refused(kind, 'x', 'x'))
      expect(Object.values(others), kind).toContain(code)
      expect([ok, usage], kind).not.toContain(code)
    }
  })

  test.each(kinds)('a refusal of the kind %s keeps code, exit code and message over HTTP', (kind) => {
    const refused = new Refused(kind, 'some-code', 'What happened, and what helps.', { triesLeft: 3 })
    const problem = problemFor(refused)
    const told = refusedFrom(JSON.parse(JSON.stringify(problem)) as typeof problem, problem.status)
    expect(exitCodeOf(told)).toBe(exitCodeOf(refused))
    expect(told).toMatchObject({ code: 'some-code', message: 'What happened, and what helps.' })
    expect(told.extra).toEqual({ triesLeft: 3 })
  })

  test.each([
    ['not found', 3, new DirectoryNotFound('/data')],
    ['invalid', 5, new DirectoryNewer('/data', 2, 1)],
    ['in use', 1, new DirectoryInUse('/data', undefined)],
    ['damaged', 6, new DamagedFile('/data/x.json', 'it is empty')],
    ['a full disk', 1, new StorageWriteError('/data/x', systemError('ENOSPC', {}), false)],
    ['something nobody foresaw', 1, new TypeError('x is not a function')],
    ['something that is no error', 1, 'a text'],
  ])('%s ends with %i', (_name, code, error) => {
    expect(exitCodeOf(error)).toBe(code)
  })

  test.each([
    [
      'EADDRINUSE',
      { port: 8700, address: '127.0.0.1' },
      1,
      'Port 8700 of 127.0.0.1 is in use. Give another one with --port, or 0 for any free one.',
    ],
    [
      'EADDRNOTAVAIL',
      { port: 8700, address: '192.0.2.1' },
      1,
      'This machine has no address 192.0.2.1. Give another one with --host.',
    ],
    [
      'ENOTFOUND',
      { hostname: 'shop.invalid' },
      1,
      'The name shop.invalid could not be looked up. Give an address of this machine with --host.',
    ],
    [
      'EACCES',
      { port: 80, address: '127.0.0.1' },
      4,
      'Port 80 needs more rights. Give one above 1023 with --port.',
    ],
    ['EACCES', { path: 'a.csv' }, 4, 'a.csv may not be read or written by this account.'],
    ['ENOENT', { path: 'a.csv' }, 3, 'There is no file a.csv.'],
    ['ENOTDIR', { path: 'a/b.csv' }, 3, 'There is no file a/b.csv.'],
    ['EISDIR', { path: 'a' }, 5, 'a is a folder, not a file.'],
    ['EMFILE', { path: 'a' }, 1, 'EMFILE: as the system says it'],
  ])('%s of %o ends with %i and says what helps', (code, more, exit, message) => {
    const error = systemError(code, more)
    expect(messageOf(error)).toBe(message)
    expect(exitCodeOf(error)).toBe(exit)
  })

  test('the system’s own errors are known for what they are', async () => {
    const missing = await readFile('/nowhere/a.csv').catch((error: unknown) => error)
    expect(messageOf(missing)).toBe('There is no file /nowhere/a.csv.')
    const [one, two] = [createServer(), createServer()]
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
    const { port } = one.address() as { port: number }
    const inUse = await new Promise<unknown>((resolve) =>
      two.once('error', resolve).listen(port, '127.0.0.1'),
    )
    one.close()
    expect(messageOf(inUse)).toContain(`Port ${port} of 127.0.0.1 is in use`)
  })
})
