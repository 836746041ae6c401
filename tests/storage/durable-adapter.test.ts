import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nodeDisk } from '../../src/storage/disk.js'
import { DurableStorageAdapter } from '../../src/storage/durable-adapter.js'
import { contract, type Factory } from './contract.js'

for (const { id, title, run } of contract) {
  it(`${id} ${title}`, async () => {
    const open: Factory = (directory) =>
      DurableStorageAdapter.open({
        directory,
        quarantine: join(directory, '..', 'quarantine'),
        disk: nodeDisk,
        now: () => new Date(0),
      })
    await expect(run(open)).resolves.toBeUndefined()
  })
}
