import { existsSync, statfsSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** A file system in memory, where there is one with room: thousands of fsyncs mean the same there and cost nothing. */
const MEMORY = '/dev/shm'
const ROOM_BYTES = 4 * 1024 ** 3

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize >= ROOM_BYTES
}

const MEASURED = 'tests/relay/hostile/*.test.ts'
/** What they need they make and end themselves: they share a process, so that Automerge and ours are loaded once. */
const SHARED = 'tests/{docs,protocol,relay,storage,terminal}/**/*.test.ts'

export default defineConfig({
  test: {
    // Every file may start real processes; two at a time is what two cores carry.
    maxWorkers: 2,
    // Real processes and fsyncs on a slow disk: generous, because no test measures time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    execArgv: ['--no-turbo-inline-js-wasm-calls'],
    env: hasRoom(MEMORY) ? { TMPDIR: MEMORY } : {},
    projects: [
      {
        extends: true,
        test: { name: 'apart', include: ['tests/**/*.test.ts'], exclude: [MEASURED, SHARED] },
      },
      { extends: true, test: { name: 'shared', include: [SHARED], exclude: [MEASURED], isolate: false } },
      // What measures a relay's memory and lag has the machine to itself.
      { extends: true, test: { name: 'measured', include: [MEASURED], sequence: { groupOrder: 1 } } },
    ],
  },
})
