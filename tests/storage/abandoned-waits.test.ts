import { Repo, type PeerId } from '@automerge/automerge-repo'
import { describe, expect, test } from 'vitest'
import { surviveAbandonedWaits } from '../../src/storage/abandoned-waits.js'

/** A repo whose only document leaves memory just as a sync with a second peer begins. */
async function abandonedSync(prepare: (repo: Repo) => void): Promise<'survived' | 'rejected'> {
  const repo = new Repo({ peerId: 'relay' as PeerId })
  prepare(repo)
  const handle = repo.create({ tea: 1 })
  const document = repo.synchronizer.docSynchronizers[handle.documentId]
  if (!document) throw new Error('a document that was made has a synchronizer')
  const said = new Promise((resolve) => document.once('message', resolve))
  await document.beginSync(['till 1' as PeerId])
  await said
  handle.whenReady = () => Promise.reject(new Error('timed out after 60000ms'))
  // With a document that a first peer has, automerge-repo waits for it, and nobody waits for automerge-repo.
  return document.beginSync(['till 2' as PeerId]).then(
    () => 'survived',
    () => 'rejected',
  )
}

describe('a sync of a document that has left memory', () => {
  test('R1 is told of and ends no process', async () => {
    const told: string[] = []
    const outcome = await abandonedSync((repo) =>
      surviveAbandonedWaits(repo, (_document, error) => told.push(error.message)),
    )
    expect(outcome).toBe('survived')
    expect(told).toEqual(['timed out after 60000ms'])
  })

  test('with automerge-repo as it is, it rejects where nobody listens', async () => {
    expect(await abandonedSync(() => undefined)).toBe('rejected')
  })
})
