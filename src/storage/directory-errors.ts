/** A data directory that cannot be opened. The message says why, `remedy` what a person can do. */
export class DirectoryError extends Error {
  readonly directory: string
  readonly remedy: string
  constructor(directory: string, problem: string, remedy: string) {
    super(`${problem} ${remedy}`)
    this.name = new.target.name
    this.directory = directory
    this.remedy = remedy
  }
}

/** Another process has it open. */
export class DirectoryInUse extends DirectoryError {
  /** As the process wrote it: its pid and when it started; undefined when it left none. */
  readonly holder: string | undefined
  constructor(directory: string, holder: string | undefined) {
    const who = holder === undefined ? 'another process' : holder
    super(
      directory,
      `${directory} is in use by ${who}.`,
      'Stop that process, or give this one a directory of its own.',
    )
    this.holder = holder
  }
}

/** It was written by a newer version. */
export class DirectoryNewer extends DirectoryError {
  constructor(directory: string, found: number, known: number) {
    super(
      directory,
      `${directory} has format ${found}, and this software knows formats up to ${known}.`,
      'Install the version that wrote it, or a later one.',
    )
  }
}

export class DirectoryWrongKind extends DirectoryError {
  constructor(directory: string, found: string, wanted: string) {
    super(directory, `${directory} belongs to a ${found}, not to a ${wanted}.`, 'Check the path.')
  }
}

export class DirectoryNotFound extends DirectoryError {
  constructor(directory: string) {
    super(directory, `${directory} is not a data directory.`, 'Check the path, or have a new directory made.')
  }
}

/** It was to be made where other things lie already. */
export class DirectoryNotEmpty extends DirectoryError {
  constructor(directory: string, names: readonly string[]) {
    super(
      directory,
      `${directory} is no data directory and is not empty: it holds ${names.slice(0, 3).join(', ')}${names.length > 3 ? ' …' : ''}.`,
      'Choose an empty directory.',
    )
  }
}
