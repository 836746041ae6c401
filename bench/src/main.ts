import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadContestants } from './contestants.js'
import { planOf } from './plan.js'
import { endAll } from './processes.js'
import { Results } from './results.js'
import { runTrial } from './runner.js'
import { textTable } from './text-table.js'
import { readOptions } from './options.js'

const options = readOptions(process.argv.slice(2))
const say = (text: string): void => void process.stderr.write(`${text}\n`)

const stopping = new AbortController()
process.once('SIGINT', () => {
  say('Stopping. What was measured until now follows.')
  stopping.abort()
  endAll()
})
process.once('exit', endAll)

const entries = await loadContestants(options.contestants)
const contestants = entries.flatMap((entry) => ('contestant' in entry ? [entry.contestant] : []))
for (const entry of entries) if ('missing' in entry) say(`Skipped: ${entry.name}: ${entry.missing}`)

const results = new Results()
const scratch = await mkdtemp(join(options.scratch ?? tmpdir(), 'counterfoil-bench-'))
try {
  for (const trial of planOf(options)) {
    await runTrial(trial, contestants, { scratch, seed: options.seed, results, signal: stopping.signal, say })
  }
} finally {
  await rm(scratch, { recursive: true, force: true })
}
process.stdout.write(textTable(results, contestants))
process.exitCode = results.failures.length > 0 ? 1 : 0
