// Copies the pages' static files beside their compiled scripts and makes the command executable.
import { chmod, cp } from 'node:fs/promises'

const root = new URL('../', import.meta.url)
for (const page of ['terminal/web', 'relay/web']) {
  await cp(new URL(`src/${page}/`, root), new URL(`dist/${page}/`, root), {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  })
}
await chmod(new URL('dist/cli.js', root), 0o755).catch((error) => {
  if (error.code !== 'ENOENT') throw error
})
