// A reader of changes that never comes to an end, or that eats memory, as a hostile change would make it.
import { parentPort } from 'node:worker_threads'

const held = []
parentPort.on('message', ({ context }) => {
  if (context.name.kind === 'shop') process.exit(1)
  for (;;) if (context.name.kind === 'stock') held.push(Buffer.alloc(16 * 1024 * 1024, 1))
})
