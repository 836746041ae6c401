/** The `code` of a system error (ENOSPC, EIO …), or its class name where there is none. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

const HINTS: Partial<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EACCES: 'this account may not write there',
  EIO: 'the disk reports an error',
  ENOTDIR: 'a part of this path is a file, not a folder',
}

/** A write or removal that did not become durable. */
export class StorageWriteError extends Error {
  /** Of the system error: ENOSPC, EIO … */
  readonly code: string
  readonly path: string
  /** True when it cannot be known whether the write will be seen after a restart; false: it will not be. */
  readonly indeterminate: boolean
  constructor(path: string, cause: unknown, indeterminate: boolean) {
    const code = codeOf(cause)
    const known = indeterminate ? '; whether it was written cannot be known' : ''
    super(`Could not write ${path}: ${HINTS[code] ?? code}${known}`, { cause })
    this.name = 'StorageWriteError'
    this.code = code
    this.path = path
    this.indeterminate = indeterminate
  }
}

/** A file that is there and could not be read. Its content is unknown, so nothing was moved or removed. */
export class StorageReadError extends Error {
  readonly code: string
  readonly path: string
  constructor(path: string, cause: unknown) {
    const code = codeOf(cause)
    super(`Could not read ${path}: ${HINTS[code] ?? code}`, { cause })
    this.name = 'StorageReadError'
    this.code = code
    this.path = path
  }
}

/** Data written by a newer version of this software. It is whole, and was left as it is. */
export class SoftwareTooOld extends Error {
  readonly path: string
  constructor(path: string, cause: unknown) {
    super(
      `This software is older than the data in ${path}. Install the version that wrote it, or a later one.`,
      { cause },
    )
    this.name = 'SoftwareTooOld'
    this.path = path
  }
}

/** Runs a task that writes below a path; what it rejects with becomes a StorageWriteError. */
export async function writing<T>(path: string, indeterminate: boolean, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw error instanceof StorageWriteError ? error : new StorageWriteError(path, error, indeterminate)
  }
}

/** As {@link writing}, for a task that reads. */
export async function reading<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    throw new StorageReadError(path, error)
  }
}
