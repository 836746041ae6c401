/** What Node throws of files and sockets. */
export type SystemError = NodeJS.ErrnoException & {
  readonly port?: number
  readonly address?: string
  readonly hostname?: string
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error
}

/** An error of the file system that names the file. */
export function naming(path: string, error: unknown): unknown {
  return isSystemError(error) ? Object.assign(error, { path }) : error
}

/** What a stream of a file gives; its errors name the file, which those of Node do not always. */
export async function* reading<T>(path: string, stream: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* stream
  } catch (error) {
    throw naming(path, error)
  }
}
