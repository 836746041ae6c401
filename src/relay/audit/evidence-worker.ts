import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { Findings } from '../../docs/verify/findings.js'
import { verifyPath } from '../../evidence/open.js'
import { bundleOf } from '../../evidence/write-export.js'
import { problemFor } from '../../protocol/problem.js'
import { nodeDisk } from '../../storage/disk.js'
import type { EvidenceTask, EvidenceWord } from './evidence-task.js'

function say(word: EvidenceWord): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, not of workers
  parentPort?.postMessage(word)
}

async function run(task: EvidenceTask): Promise<void> {
  if (task.is === 'verify') {
    const verdict = await verifyPath(task.directory, {
      given: { relay: task.relayKey, terminals: task.terminals },
      findings: new Findings(),
      disk: nodeDisk,
      progress: { update: (label, done) => say({ is: 'progress', label, done }) },
    })
    say({ is: 'verdict', verdict })
    return
  }
  const { directory, format, from, to } = task
  const options = { format, from, to, disk: nodeDisk, now: () => new Date() }
  // What is damaged is in the status and the log of the relay.
  for await (const bytes of bundleOf(directory, options, () => undefined)) {
    say({ is: 'piece', bytes })
    if (parentPort) await once(parentPort, 'message')
  }
  say({ is: 'end' })
}

try {
  await run(workerData as EvidenceTask)
} catch (error) {
  say({ is: 'problem', problem: problemFor(error) })
}
parentPort?.close()
