import { parentPort } from 'node:worker_threads'
import { inspect, type InspectionTask } from './inspection.js'

parentPort?.on('message', (task: InspectionTask) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- of windows, not of workers
  parentPort?.postMessage(inspect(task))
})
