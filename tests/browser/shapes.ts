// The page has types of its own for what the agent answers, because the agent's draw in Node. This file only has to
// compile: it does not when an answer changes under the page.
import type { Bill } from '../../src/docs/bills.js'
import type { Item } from '../../src/docs/catalogue.js'
import type { ItemView } from '../../src/terminal/catalogue.js'
import type { ForceProgress, ForceResult } from '../../src/terminal/force.js'
import type { ExchangeProgress } from '../../src/terminal/exchange.js'
import type { Status } from '../../src/terminal/status.js'
import type { SyncResult } from '../../src/terminal/syncer.js'
import type * as page from '../../src/terminal/web/shapes.js'

export const status = (told: Status): page.Status => told
export const syncResult = (told: SyncResult): page.SyncResult => told
export const forceResult = (told: ForceResult): page.ForceResult => told
export const progress = (told: ExchangeProgress | ForceProgress): page.WorkProgress => told
export const item = (told: ItemView): page.Item => told
export const foundItem = (told: Item): page.FoundItem => told
// How a bill is priced and sealed is added by the API.
export const bill = (told: Omit<Bill, 'sealed'>): Omit<page.Bill, 'sealed' | 'priced'> => told
