import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Every file may start real processes; two at a time is what two cores carry.
    maxWorkers: 2,
    // Real processes and fsyncs on a slow disk: generous, because no test measures time.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    execArgv: ['--no-turbo-inline-js-wasm-calls'],
  },
})
