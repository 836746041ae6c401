import { useEffect, useState } from 'preact/hooks'
import type { HistoryResponse, TimelineLine } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'
import { moment, number, time } from '../format.js'
import { t } from '../messages/language.js'
import { Button } from '../parts/button.js'
import { Table } from '../parts/table.js'
import { shopName } from '../state/fleet.js'
import { refused } from '../state/session.js'
import { shopCell, spell, type Asked } from './asked.js'

const PAGE = 100

interface Props {
  readonly asked: Asked
  /** Told of all lines that are shown. */
  readonly onLines?: (lines: readonly TimelineLine[]) => void
}

/** Every change of an invoice, an item or a document in causal order, old and new value side by side, page by page. */
export function Changes({ asked, onLines }: Props) {
  const [lines, setLines] = useState<readonly TimelineLine[]>([])
  const [next, setNext] = useState<string>()
  const read = async (cursor?: string): Promise<void> => {
    const query = new URLSearchParams({
      ...asked,
      limit: String(PAGE),
      ...(cursor === undefined ? {} : { cursor }),
    })
    const page = await ask<HistoryResponse>('GET', `/v1/admin/history?${query}`)
    const all = cursor === undefined ? page.history : [...lines, ...page.history]
    setLines(all)
    setNext(page.next)
    onLines?.(all)
  }
  useEffect(() => {
    read().catch(refused)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- what was read is no reason to read it again
  }, [asked.about, asked.kind, asked.shop])
  if (lines.length === 0) return null
  return (
    <>
      <h3>{t('audit-changes')}</h3>
      <Table
        caption={t('audit-changes')}
        columns={[
          t('audit-at'),
          ...shopCell(t('shop')),
          t('audit-by'),
          t('audit-did'),
          t('audit-what'),
          t('audit-old'),
          t('audit-new'),
          t('audit-came'),
        ]}
        rows={lines.map((line, index) => ({ key: `${index}`, cells: cellsOf(line) }))}
      />
      {next === undefined ? null : <Button work={() => read(next)}>{t('audit-more')}</Button>}
    </>
  )
}

function cellsOf(line: TimelineLine): preact.ComponentChildren[] {
  const { shop, at, by, terminal, did, name, what, old, new: now, merge, apart } = line
  const when = [moment(at), ...shopCell(shopName(shop))]
  const who = by === '' ? terminal : `${by} (${terminal})`
  if (merge) {
    const words = { changes: number(merge.changes), oldest: time(merge.oldest), newest: time(merge.newest) }
    return [...when, who, did, `${name}: ${t('audit-merged', words)}`, '', '', cameOf(line)]
  }
  return [
    ...when,
    who,
    did,
    `${name}: ${what}${apart ? ` (${t('audit-apart', { count: number(apart.count) })})` : ''}`,
    <del key="old">{old.map((value) => spell(value, what, shop)).join(' | ')}</del>,
    <ins key="new">{now === null ? t('audit-removed') : spell(now, what, shop)}</ins>,
    cameOf(line),
  ]
}

function cameOf({ witnessed, late }: TimelineLine): string {
  if (!witnessed) return ''
  const came = `${time(witnessed.at)} (${witnessed.from})`
  return late ? `${came}, ${t('audit-late')}` : came
}
