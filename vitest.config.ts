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

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Every file may start real processes, and most wait for one now and then: three at a time keep two cores busy.
    maxWorkers: 3,
    // Real processes and fsyncs on a slow disk: generous, because no test measures time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    execArgv: ['--no-turbo-inline-js-wasm-calls'],
    env: hasRoom(MEMORY) ? { TMPDIR: MEMORY } : {},
  },
})
