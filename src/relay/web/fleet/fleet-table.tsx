import type { FleetRow } from '../../../docs/generated/types.js'
import { t } from '../messages/language.js'
import { Scrolled } from '../parts/table.js'
import { openDialog } from '../state/dialogs.js'
import { chosen, page, PAGE_ROWS, shown, sortBy, sorting } from './choosing.js'
import { COLUMNS, type Column } from './columns.js'

export function FleetTable() {
  return (
    <Scrolled label={t('fleet-table')}>
      <table class="fleet" aria-rowcount={chosen.value.length + 1}>
        <caption class="off-screen">{t('fleet-table')}</caption>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map((column) => (
              <Sortable key={column.key} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.value.map((row, index) => (
            <Row key={row.terminal} row={row} position={page.value * PAGE_ROWS + index + 2} />
          ))}
        </tbody>
      </table>
    </Scrolled>
  )
}

function Sortable({ column: { key } }: { readonly column: Column }) {
  const { key: present, down } = sorting.value
  const order = key !== present ? 'none' : down ? 'descending' : 'ascending'
  const arrow = { none: '', ascending: ' ↑', descending: ' ↓' }[order]
  return (
    <th scope="col" aria-sort={order}>
      <button type="button" class="bare" title={t('sort-by', { column: t(key) })} onClick={() => sortBy(key)}>
        {t(key)}
        <span aria-hidden="true">{arrow}</span>
      </button>
    </th>
  )
}

function Row({ row, position }: { readonly row: FleetRow; readonly position: number }) {
  const [, ...others] = COLUMNS
  return (
    <tr aria-rowindex={position} class={row.alarms.length > 0 ? 'alarmed' : ''}>
      <th scope="row">
        <button
          type="button"
          class="bare link"
          onClick={() => openDialog({ is: 'terminal', id: row.terminal })}
        >
          {row.name}
        </button>
      </th>
      {others.map(({ key, cell }) => (
        <td key={key} class={`cell-${key}`}>
          {cell(row)}
        </td>
      ))}
    </tr>
  )
}
