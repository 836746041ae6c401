// Runs a TypeScript program of this folder: `node scripts/run-ts.mjs bench/page/bench.ts …`.
import { resolve } from 'node:path'
import { runnerImport } from 'vite'

const [, , file, ...rest] = process.argv
if (file === undefined) {
  console.error('Usage: node scripts/run-ts.mjs FILE [ARGUMENT…]')
  process.exit(2)
}
process.argv.splice(2, process.argv.length, ...rest)
await runnerImport(resolve(file), { configFile: false, logLevel: 'error' })
