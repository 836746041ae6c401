// Builds the product where it is not built as it stands: a clean install has just done so, and the tests need not again.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** When the newest file of a folder was changed; 0 where there is none. */
function newest(folder) {
  if (!existsSync(folder)) return 0
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('generated'))
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0)
}

const sources = Math.max(...['src', 'schemas', 'scripts'].map((folder) => newest(join(root, folder))))
if (!existsSync(join(root, 'dist', 'cli.js')) || newest(join(root, 'dist')) < sources) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  // What it says goes to stderr: stdout may be a table's.
  const { status } = spawnSync(npm, ['run', 'build'], { cwd: root, stdio: ['inherit', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}
