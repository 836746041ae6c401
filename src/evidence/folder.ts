import { createReadStream } from 'node:fs'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import type { ExportFiles } from '../docs/bundle/open.js'

/** An export bundle that somebody has unpacked. */
export async function openFolder(directory: string): Promise<ExportFiles> {
  const entries = await fs.readdir(directory, { withFileTypes: true, recursive: true })
  const prefix = directory.length + 1
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(prefix).replaceAll('\\', '/'))
    .sort()
  return { names, read: (name) => createReadStream(join(directory, name)) as AsyncIterable<Uint8Array> }
}
