// Copies the generated checks beside the compiled scripts and makes the command executable.
import { chmod, cp } from 'node:fs/promises'

const root = new URL('../', import.meta.url)
const validators = 'docs/generated/validators.js'
await cp(new URL(`src/${validators}`, root), new URL(`dist/${validators}`, root))
await chmod(new URL('dist/cli.js', root), 0o755).catch((error) => {
  if (error.code !== 'ENOENT') throw error
})
