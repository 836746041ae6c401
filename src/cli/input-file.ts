import { readFile } from 'node:fs/promises'
import { isSystemError } from './exit.js'

/** What a stream of a file gives; its errors name the file, which those of Node do not always. */
export async function* reading<T>(path: string, stream: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* stream
  } catch (error) {
    throw naming(path, error)
  }
}

/** A text file that a person named, whole. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw naming(path, error)
  }
}

/** An error of the file system that names the file. */
export function naming(path: string, error: unknown): unknown {
  return isSystemError(error) ? Object.assign(error, { path }) : error
}
