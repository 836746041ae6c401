import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll } from 'vitest'

/** Files of a test file's own, in a folder that goes at the end. */
export function useFiles(): (name: string, content: string | Uint8Array) => Promise<string> {
  let folder: Promise<string> | undefined
  afterAll(async () => {
    if (folder) await rm(await folder, { recursive: true, force: true })
  })
  return async (name, content) => {
    folder ??= mkdtemp(join(tmpdir(), 'counterfoil-test-'))
    const path = join(await folder, name)
    await writeFile(path, content)
    return path
  }
}

/** Every file below a folder and what is in it; without who holds the lock, which every look rewrites. */
export async function contentsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const contents: Record<string, string> = {}
  for (const entry of entries) {
    if (!entry.isFile() || entry.name === 'lock') continue
    const path = join(entry.parentPath, entry.name)
    contents[relative(folder, path)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  }
  return contents
}
