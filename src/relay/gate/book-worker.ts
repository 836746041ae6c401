import { parentPort } from 'node:worker_threads'
import { readRecord } from '../../docs/record.js'
import { answer, type BookTask } from './book-task.js'

// The schema of records is compiled now, while nobody waits for it.
try {
  readRecord(Buffer.from(`{}\n${'A'.repeat(86)}`))
} catch {
  // It is none.
}

parentPort?.on('message', (task: BookTask) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, not of workers
  parentPort?.postMessage(answer(task))
})
