import { dsfinvk } from './dsfinvk.js'
import { gstr1 } from './gstr1.js'
import { recordsView } from './records.js'
import { saft } from './saft.js'
import type { View } from './view.js'

/** By the name that `counterfoil export --format` takes and the manifest of an export tells. */
export const VIEWS: ReadonlyMap<string, View> = new Map([
  ['records', recordsView],
  ['gstr1', gstr1],
  ['saft', saft],
  ['dsfinvk', dsfinvk],
])
