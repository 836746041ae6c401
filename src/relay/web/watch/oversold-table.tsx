import type { Oversold } from '../../../docs/generated/types.js'
import { t } from '../messages/language.js'
import { Table } from '../parts/table.js'

/** Items of which more was sold than came in, with who sold how many. */
export function OversoldTable({ items }: { readonly items: readonly Oversold[] }) {
  return (
    <Table
      caption={t('oversold')}
      columns={[t('item'), t('received'), t('sold'), t('short'), t('causes')]}
      rows={items.map(({ sku, name, received, sold, onHand, soldBy }) => ({
        key: sku,
        cells: [
          name === undefined ? sku : `${name} (${sku})`,
          received,
          sold,
          <strong key="short">{onHand.replace('-', '')}</strong>,
          <ul class="plain" key="causes">
            {soldBy.map(({ code, terminal, quantity }) => (
              <li key={code}>
                {t('cause-of', {
                  terminal: terminal === undefined ? code : `${terminal} (${code})`,
                  quantity,
                })}
              </li>
            ))}
          </ul>,
        ],
      }))}
    />
  )
}
