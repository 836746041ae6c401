import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeDisk } from '../../src/storage/disk.js'
import { Bookkeeping } from '../../src/terminal/bookkeeping.js'

test('a mode that is chosen while a sync notes its date is not taken back by it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'counterfoil-bookkeeping-'))
  try {
    const bookkeeping = await Bookkeeping.open(directory, nodeDisk)
    const lastSync = '2026-04-01T06:00:00.000Z'
    await Promise.all([bookkeeping.change({ mode: 'disconnected' }), bookkeeping.change({ lastSync })])
    expect(bookkeeping.file).toMatchObject({ mode: 'disconnected', lastSync })
    expect((await Bookkeeping.open(directory, nodeDisk)).file).toEqual(bookkeeping.file)
  } finally {
    await rm(directory, { recursive: true })
  }
})
