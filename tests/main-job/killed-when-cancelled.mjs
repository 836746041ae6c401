// Loaded into a terminal's process before anything else (`--import`). Holds one file operation of a force-complete until a
// person cancels it, counts the durable writes from then on, and kills the process with -9 right before or after one.
import fs from 'node:fs'
import { basename } from 'node:path'

/** Such as `open r handoff.bundle`. */
const held = process.env['COUNTERFOIL_HOLD']
/** Such as `before 1`: the first durable write after the cancelling. Without it nothing is killed. */
const [side, place] = (process.env['COUNTERFOIL_KILL'] ?? '').split(' ')

/** Whether the journal of the force-complete was written: what a start does is not held. */
let isBegun = false
let isCancelled = false
let release
const cancelled = new Promise((resolve) => (release = resolve))
let count = 0

const say = (text) => fs.writeSync(2, `${text}\n`)
const die = () => process.kill(process.pid, 'SIGKILL')

const abort = AbortController.prototype.abort
AbortController.prototype.abort = function (reason) {
  abort.call(this, reason)
  if (reason?.code !== 'cancelled') return
  isCancelled = true
  release()
}

async function hold(operation) {
  if (operation === 'rename handoff.json') isBegun = true
  if (operation !== held || !isBegun || isCancelled) return
  say('held')
  await cancelled
}

async function durable(operation, write) {
  await hold(operation)
  if (!isCancelled) return write()
  count += 1
  const isMeant = String(count) === place
  say(`durable write ${count}: ${operation}`)
  if (isMeant && side === 'before') die()
  try {
    return await write()
  } finally {
    if (isMeant && side === 'after') die()
  }
}

const { open, rename, unlink } = fs.promises
Object.assign(fs.promises, {
  open: async (path, flags, mode) => {
    await hold(`open ${flags} ${basename(path)}`)
    const handle = await open(path, flags, mode)
    const sync = handle.sync.bind(handle)
    handle.sync = () => durable(`sync ${basename(path)}`, sync)
    return handle
  },
  rename: (from, to) => durable(`rename ${basename(to)}`, () => rename(from, to)),
  unlink: (path) => durable(`unlink ${basename(path)}`, () => unlink(path)),
})
