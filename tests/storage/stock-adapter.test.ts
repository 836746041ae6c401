import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import { expect, it } from 'vitest'
import { contract } from './contract.js'

// The suite is worth something only if it can fail: these are the promises the stock adapter does not keep.
const BROKEN = [
  'R1 a range does not take part of a name for the whole',
  'R1 a key that leads out of the folder is refused',
  'D1 content and name are fsynced when a save resolves',
  'D1 a new folder is fsynced into those above it',
  'D1 a removal is fsynced when it resolves',
  'D2 a flipped bit is found',
  'D2 a chunk cut short is found',
  'D2 an empty chunk is found',
  'D2 a chunk with bytes after its end is found',
  'D2 a chunk of zeros is found',
  'D2 no removal destroys damaged bytes',
  'D2 what is loaded is what the disk holds',
  'D2 a buffer that is used again changes nothing',
  'D3 a write that stops half-way leaves the old value',
  'D4 a save that failed is not there, and works once there is space',
  'D4 what was saved is not kept in memory',
]

for (const { id, title, run } of contract) {
  const name = `${id} ${title}`
  const broken = BROKEN.includes(name)
  it(`stock nodefs adapter ${broken ? 'fails' : 'passes'}: ${name}`, async () => {
    const failure = await run(async (directory) => new NodeFSStorageAdapter(directory)).then(
      () => undefined,
      (error: Error) => error.name,
    )
    // By an assertion of the case, and not because the case itself broke.
    expect(failure).toBe(broken ? 'AssertionError' : undefined)
  })
}

it('names only cases that exist', () => {
  const names = contract.map(({ id, title }) => `${id} ${title}`)
  expect(BROKEN.filter((name) => !names.includes(name))).toEqual([])
})
