import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, comparisonText } from './compare.js'
import { loadContestants } from './contestants.js'
import { documentOf, parseDocument, type BenchDocument } from './document.js'
import { machineOf } from './machine.js'
import { HELP, readOptions, type Options } from './options.js'
import { planOf, watchedPlanOf } from './plan.js'
import { endAll } from './processes.js'
import { writeReport } from './report.js'
import { PRODUCT, Results } from './results.js'
import { runTrials, watchTrials } from './runner.js'
import { sideBySide } from './side-by-side.js'
import { textReport } from './text-table.js'
import type { Profile } from './watch/watch.js'

const EXIT = { ok: 0, failed: 1, interrupted: 130 }

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Ctrl+C: the running processes are killed, no further is begun, and what there is is reported. The second ends at once. */
function stopOnSignal(): AbortSignal {
  const stopping = new AbortController()
  const stop = (): void => {
    if (stopping.signal.aborted) process.exit(EXIT.interrupted)
    say('Stopping. What was measured until now follows.')
    stopping.abort()
    endAll()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  process.once('exit', endAll)
  return stopping.signal
}

async function measure(options: Options): Promise<BenchDocument> {
  const begun = performance.now()
  const signal = stopOnSignal()
  const entries = await loadContestants(options.contestants)
  for (const entry of entries) if ('missing' in entry) say(`Skipped: ${entry.name}: ${entry.missing}`)
  const contestants = entries.flatMap((entry) => ('contestant' in entry ? [entry.contestant] : []))
  const results = new Results()
  const scratch = await mkdtemp(join(options.scratch ?? tmpdir(), 'counterfoil-bench-'))
  try {
    const machine = machineOf(scratch)
    const plan = planOf(options)
    const profiles: Profile[] = []
    const lasted = (): number => (performance.now() - begun) / 1000
    const settings = {
      scratch,
      seed: options.seed,
      results,
      signal,
      say,
      secondsLeft: () => options.minutes * 60 - lasted(),
    }
    const product = contestants.find(({ name }) => name === PRODUCT)
    const watched = product && (options.profile ?? isWhole(options)) ? watchedPlanOf(options) : []
    const afterFirst = async (): Promise<void> => {
      if (product) profiles.push(...(await watchTrials(watched, product, settings)))
    }
    if (options.quick) {
      // Where no time counts, nobody has to wait for the others.
      await sideBySide(availableParallelism(), contestants, (one) => runTrials(plan, [one], settings))
      await afterFirst()
    } else await runTrials(plan, contestants, { ...settings, afterFirst })
    const seconds = Math.round(lasted())
    return documentOf({ results, entries, machine, seconds, interrupted: signal.aborted, profiles })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

async function run(options: Options): Promise<number> {
  // Before half an hour is spent.
  const saved =
    options.compare === undefined
      ? undefined
      : parseDocument(await readFile(options.compare, 'utf8'), options.compare)
  const document =
    options.from === undefined
      ? await measure(options)
      : parseDocument(await readFile(options.from, 'utf8'), options.from)
  if (options.save !== undefined) await writeFile(options.save, `${JSON.stringify(document, null, 1)}\n`)
  process.stdout.write(options.json ? `${JSON.stringify(document)}\n` : textReport(document))
  if (document.interrupted) return EXIT.interrupted
  if (options.docs ?? isWhole(options)) say(`Written: ${(await writeReport(document)).join(', ')}`)
  let code = document.failures.length > 0 ? EXIT.failed : EXIT.ok
  if (saved) {
    const comparison = compare(saved, document)
    say(comparisonText(comparison).trimEnd())
    if (comparison.worse.length > 0) code = EXIT.failed
  }
  return code
}

function isWhole({ only, contestants, n, quick, from }: Options): boolean {
  return [only, contestants, n, from].every((option) => option === undefined) && !quick
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) process.stdout.write(HELP)
  else process.exitCode = await run(options)
} catch (error) {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = EXIT.failed
}
