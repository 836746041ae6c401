import { readFile } from 'node:fs/promises'
import { naming } from '../storage/named-errors.js'

/** A text file that a person named, whole. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw naming(path, error)
  }
}
