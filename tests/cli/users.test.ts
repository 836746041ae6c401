import { PassThrough, Writable } from 'node:stream'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { newPassword } from '../../src/cli/password.js'
import { useProcesses } from '../support/processes.js'
import { jsonHere, runHere } from './run-here.js'

const processes = useProcesses('all')
let root: string
let data: string
beforeAll(async () => {
  root = await processes.directory()
  data = join(root, 'relay')
  await writeFile(join(root, 'password'), 'correct horse battery\nnot this line\n')
  await writeFile(join(root, 'short'), '123456789\n')
  await jsonHere(['relay', 'shop', '--data', data, '--shop', 'Main'])
})

const user = (command: string, ...options: string[]): string[] => [
  'relay',
  'user',
  command,
  '--data',
  data,
  ...options,
]
const given = (name = 'password'): string[] => ['--password-file', join(root, name)]

describe('relay user', () => {
  test('A1 adds, lists and removes people, with or without a relay that runs', async () => {
    const added = await jsonHere(user('add', '--name', 'Olga', '--role', 'operator', ...given()))
    expect(added).toMatchObject({ name: 'Olga', role: 'operator' })
    const relay = await processes.serve(['relay', 'serve', '--data', data, '--port', '0'])
    await jsonHere(user('add', '--name', 'Mira', '--role', 'manager', '--shop', 'Main', ...given()))
    const list = await runHere(user('list'))
    expect(list).toMatchObject({ code: 0, stdout: 'Olga (operator)\nMira (manager of Main)\n' })
    const signIn = async (password: string): Promise<number> =>
      (
        await fetch(`${relay.url}/v1/sign-in`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ name: 'Olga', password }),
        })
      ).status
    expect(await signIn('correct horse battery')).toBe(200)
    await writeFile(join(root, 'next'), 'another long password')
    expect(await runHere(user('password', '--name', 'Olga', ...given('next')))).toMatchObject({ code: 0 })
    expect(await signIn('correct horse battery')).toBe(401)
    expect(await signIn('another long password')).toBe(200)
    expect(await runHere(user('remove', '--name', 'Olga'))).toMatchObject({ code: 0 })
    expect(await signIn('another long password')).toBe(401)
    const incidents = await runHere(['relay', 'incidents', '--data', data])
    expect(incidents).toMatchObject({ code: 0 })
    expect(incidents.stdout).toMatch(/sign-in-refused\/wrong-password {2}\d × {2}(Olga )?127\.0\.0\.1 {2}a /)
    await relay.stop()
  })

  test.each([
    [
      'a password of nine characters',
      () => user('add', '--name', 'N', '--role', 'auditor', ...given('short')),
      5,
      'must NOT have fewer than 10 characters',
    ],
    [
      'no file',
      () => user('add', '--name', 'N', '--role', 'auditor', ...given('nowhere')),
      3,
      'There is no file',
    ],
    [
      'a role nobody has',
      () => user('add', '--name', 'N', '--role', 'owner', ...given()),
      2,
      'operator, auditor, manager',
    ],
    [
      'a manager without a shop',
      () => user('add', '--name', 'N', '--role', 'manager', ...given()),
      5,
      'give --shop with --role manager only',
    ],
    [
      'a shop that is not there',
      () => user('add', '--name', 'N', '--role', 'manager', '--shop', 'X', ...given()),
      3,
      'There is no shop X',
    ],
    ['a person nobody knows', () => user('remove', '--name', 'Nobody'), 3, 'There is nobody called Nobody'],
    [
      'a new password for nobody',
      () => user('password', '--name', 'Nobody', ...given()),
      3,
      'There is nobody called Nobody',
    ],
  ])('R1 %s is refused', async (_what, args, code, message) => {
    const ended = await runHere(args())
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toContain(message)
  })

  test('A1 no password is an argument, and without a terminal none is asked for', async () => {
    const ended = await processes.tryRun(user('add', '--name', 'N', '--role', 'auditor'))
    expect(ended).toMatchObject({ code: 5, stdout: '' })
    expect(ended.stderr).toContain('Give a file with it: --password-file FILE.')
    const argument = await runHere(user('add', '--name', 'N', '--role', 'auditor', '--password', 'x'))
    expect(argument.code).toBe(2)
  })
})

/** A terminal somebody types at. */
function typing() {
  const modes: boolean[] = []
  const shown: string[] = []
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean): void => void modes.push(raw),
  })
  const output = new Writable({
    write(part: Buffer, _encoding, done) {
      shown.push(part.toString())
      done()
    },
  })
  return { input, output, modes, shown }
}

describe('a password that is typed', () => {
  test('A1 is not shown, can be corrected, and is asked for twice', async () => {
    const { input, output, modes, shown } = typing()
    const password = newPassword(undefined, { input, output })
    input.write('correct horsex\u007f bat')
    input.write('tery\r')
    input.write('correct horse battery\r')
    expect(await password).toBe('correct horse battery')
    expect(shown.join('')).toBe('Password: \nThe same again: \n')
    expect(modes).toEqual([true, false, true, false])
  })

  test('A1 both lines may be pasted at once', async () => {
    const { input, output } = typing()
    const password = newPassword(undefined, { input, output })
    input.write('correct horse battery\ncorrect horse battery\n')
    expect(await password).toBe('correct horse battery')
  })

  test('R1 differently the second time is refused; Ctrl+C ends it, and the terminal is as it was', async () => {
    const two = typing()
    const password = newPassword(undefined, two)
    two.input.write('correct horse battery\rcorrect horse batteri\r')
    await expect(password).rejects.toMatchObject({ code: 'passwords-differ' })
    const stopped = typing()
    const never = newPassword(undefined, stopped)
    stopped.input.write('corr\u0003')
    await expect(never).rejects.toMatchObject({ code: 'stopped' })
    expect(stopped.modes).toEqual([true, false])
  })
})
