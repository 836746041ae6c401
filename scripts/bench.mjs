// Runs the bench: builds the product where it is not built as it stands, installs the bench's packages where there are
// none, compiles the bench, and hands the arguments on. `npm run bench -- --help` tells them.
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bench = join(root, 'bench')
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const args = process.argv.slice(2)

/** What it says goes to stderr: stdout is the table's. */
function run(command, commandArgs, folder) {
  const { status } = spawnSync(command, commandArgs, { cwd: folder, stdio: ['inherit', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}

run(process.execPath, [join(root, 'scripts', 'built.mjs')], root)
const modules = join(bench, 'node_modules')
// What has to be compiled takes minutes, or a compiler that is not there: the short form does without. A whole run tries
// it once; where it cannot be had, the table says what stands in for it or was skipped.
const tried = join(modules, '.tried-all')
if (args.includes('--quick')) {
  if (!existsSync(modules)) run(npm, ['ci', '--omit=optional'], bench)
} else if (!existsSync(tried)) {
  run(npm, ['ci'], bench)
  writeFileSync(tried, '')
}
const { status: compiled } = spawnSync(
  process.execPath,
  [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', bench],
  { cwd: root, stdio: ['inherit', 2, 2] },
)
// Without the types of a package that cannot be had here its contestant does not check; it is skipped, and the others run.
const isWhole = existsSync(join(modules, '@hocuspocus', 'extension-sqlite'))
if (compiled !== 0 && isWhole) process.exit(compiled ?? 1)

await import(new URL('../bench/dist/main.js', import.meta.url))
