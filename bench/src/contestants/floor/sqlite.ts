/** What the floor needs of SQLite: both packages offer it under the same names. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

export interface Statement {
  run(...values: Value[]): { changes: number | bigint }
  get(...values: Value[]): unknown
  all(...values: Value[]): unknown[]
  iterate(...values: Value[]): IterableIterator<unknown>
}

type Value = string | number

/** The first is what most would take; it has to be compiled where no binary can be had. The other brings binaries along. */
const PACKAGES = ['better-sqlite3', '@photostructure/sqlite'] as const

export interface Sqlite {
  readonly packageName: (typeof PACKAGES)[number]
  open(path: string): Database
}

/** @throws where neither is installed */
export async function loadSqlite(): Promise<Sqlite> {
  for (const packageName of PACKAGES) {
    try {
      const module = (await import(packageName)) as Record<string, new (path: string) => Database>
      const Class = module['DatabaseSync'] ?? module['default']
      if (!Class) continue
      // The binary is loaded with the first database.
      new Class(':memory:').close()
      return { packageName, open: (path) => durable(new Class(path)) }
    } catch {
      // The next one, then.
    }
  }
  throw new Error(`Neither ${PACKAGES.join(' nor ')} is installed. Run "npm ci" in bench/.`)
}

/** A commit is on the disk when it returns; readers and the writer do not wait for each other. */
function durable(database: Database): Database {
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  return database
}

/** Ends in good order: what lies in the log is brought into the database, also while statements are still prepared. */
export function closeDatabase(database: Database): void {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
}

/** Runs work in one transaction, which is durable when this returns. */
export function inTransaction(database: Database, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
