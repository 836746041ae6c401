import { Doc } from 'yjs'
import type { ReadBack, ServerAddress } from '../../contestant.js'
import { digestOf } from '../../digest.js'
import type { Invoice } from '../../invoices.js'
import { Connection, documentNames } from './connection.js'
import { CATALOGUE, INVOICES } from './names.js'

/** Fetches every day of every terminal from the server. */
export async function readBackDays(server: ServerAddress): Promise<ReadBack> {
  const names = (await documentNames(server)).filter((name) => name !== CATALOGUE)
  const days = names.map((name) => [name, new Doc()] as const)
  const connection = new Connection(server)
  await connection.fetch(days)
  connection.close()
  return { entries: days.flatMap(([, day]) => entriesOf(day)) }
}

function entriesOf(day: Doc): [string, string][] {
  const entries = [...day.getMap(INVOICES).entries()] as [string, Invoice][]
  return entries.map(([id, invoice]) => [id, digestOf(invoice)])
}
