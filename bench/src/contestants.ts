import type { Contestant } from './contestant.js'

/** A contestant, or why it cannot run on this machine and what to do about it. */
export type Entry =
  | { readonly name: string; readonly contestant: Contestant }
  | { readonly name: string; readonly missing: string }

/** Folders of `contestants/`, in the order of the table. */
const NAMES = [
  'floor',
  'floor-gzip',
  'counterfoil',
  'pouchdb',
  'yjs',
  'yjs-eager',
  'automerge-days',
  'automerge-invoices',
] as const

/** Loads all contestants, or those named. What is not installed is no error: the table says so. */
export async function loadContestants(only: readonly string[] | undefined): Promise<Entry[]> {
  const unknown = only?.filter((name) => !(NAMES as readonly string[]).includes(name)) ?? []
  if (unknown.length > 0)
    throw new Error(`There is no contestant ${unknown.join(', ')}. There are: ${NAMES.join(', ')}.`)
  return Promise.all(NAMES.filter((name) => only?.includes(name) ?? true).map(load))
}

async function load(name: string): Promise<Entry> {
  try {
    const module = (await import(`./contestants/${name}/index.js`)) as {
      contestant: Contestant | Promise<Contestant>
    }
    return { name, contestant: await module.contestant }
  } catch (error) {
    return { name, missing: error instanceof Error ? error.message : String(error) }
  }
}
