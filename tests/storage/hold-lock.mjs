// Takes the lock of a data directory as DataDirectory does, tells whether it got it, and stays until it is ended.
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { tryLock } from 'fs-native-extensions'

const lock = await open(join(process.argv[2], 'lock'), 'r+')
process.stdout.write(tryLock(lock.fd) ? 'held\n' : 'refused\n')
process.stdin.resume()
process.stdin.on('end', () => lock.close())
