import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import * as table from '../../src/relay/access-table.js'

const url = (path: string): URL => new URL(`../../${path}`, import.meta.url)

interface Script {
  readonly accessPage: (from: typeof table) => string
}

describe('docs/ACCESS.md', () => {
  test('A2 says what the access table says; if not, run: npm run access', async () => {
    const { accessPage } = (await import(url('scripts/access-table.mjs').href)) as Script
    expect(await readFile(url('docs/ACCESS.md'), 'utf8')).toBe(accessPage(table))
  })

  test('A2 would differ if one more caller were let in, or one document opened', async () => {
    const { accessPage } = (await import(url('scripts/access-table.mjs').href)) as Script
    const page = accessPage(table)
    const ROUTES = { ...table.ROUTES, stock: { ...table.ROUTES.stock, who: ['till', 'manager-terminal'] } }
    expect(accessPage({ ...table, ROUTES: ROUTES as never })).not.toBe(page)
    const DOCUMENTS = { ...table.DOCUMENTS, daybook: { read: 'shop', write: 'own' } } as const
    expect(accessPage({ ...table, DOCUMENTS })).not.toBe(page)
  })
})
