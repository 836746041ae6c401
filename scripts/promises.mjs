// Rewrites the section between the two markers of docs/PROMISES.md: which tests show which promise, from the titles
// of the tests as vitest reads them. With --check it writes nothing and ends with 1 when the section is out of date.
// Other pages with such a section can be named instead.
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const check = process.argv.includes('--check')
const named = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
const pages = named.length > 0 ? named : [`${root}docs/PROMISES.md`]

const BEGIN = '<!-- written by `npm run promises`: begin -->'
const END = '<!-- written by `npm run promises`: end -->'
/** A promise of the list above the section: `- **D1** A sale is …` */
const PROMISE = /^- \*\*([A-Z]\d+)\*\* /gm
/** The ids a title begins with. */
const IDS = /^(?:[A-Z]\d+[ :])+/

/** Titles with their files. Skipped tests are not among them: they show nothing. */
async function list(...what) {
  // A test may run this; what its vitest says to its own workers is not meant for ours.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')))
  const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
  // Last, because --json takes what follows it for a file to write.
  const { stdout } = await run(process.execPath, [vitest, 'list', ...what, '--json'], {
    cwd: root,
    env,
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout).map(({ name, file }) => ({
    title: name.split(' > ').at(-1),
    file: relative(root, file),
  }))
}

async function titles() {
  const found = await list('--static-parse')
  // A title that begins with what only running code knows is asked of the running code.
  const dynamic = new Set(found.filter(({ title }) => title.startsWith('${')).map(({ file }) => file))
  const rest = found.filter(({ file }) => !dynamic.has(file))
  return dynamic.size > 0 ? [...rest, ...(await list(...dynamic))] : rest
}

function section(promises, tests) {
  const rows = promises.flatMap((id) => {
    const shown = tests.filter(({ title }) => IDS.exec(title)?.[0].split(/[ :]/).includes(id))
    if (shown.length === 0) return [`| ${id} | | not yet |`]
    return [...new Set(shown.map(({ file }) => file))].sort().map((file) => {
      const own = shown.filter((test) => test.file === file).map(({ title }) => cell(title))
      return `| ${id} | [${file}](../${file}) | ${[...new Set(own)].sort().join('<br>')} |`
    })
  })
  return [BEGIN, '', '| Promise | Tests in | Titles |', '| --- | --- | --- |', ...rows, '', END].join('\n')
}

/** A title as a cell of a table; what differs from case to case is left out. */
function cell(title) {
  return title
    .replaceAll(/\$\{[^}]*\}|%[sdifjo]/g, '…')
    .replaceAll('%%', '%')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
}

const tests = await titles()
for (const page of pages) {
  const text = await readFile(page, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`${page} lacks the markers "${BEGIN}" and "${END}"`)
  const promises = [...text.slice(0, begin).matchAll(PROMISE)].map(([, id]) => id)
  const next = text.slice(0, begin) + section(promises, tests) + text.slice(end + END.length)
  if (!check) await writeFile(page, next)
  else if (next !== text) {
    console.error(`${page} is out of date. Run: npm run promises`)
    process.exitCode = 1
  }
}
