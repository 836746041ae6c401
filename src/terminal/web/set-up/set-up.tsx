import type { ComponentType, VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { view } from '../state/view.js'
import { t } from '../texts.js'
import { Conflicts } from './conflicts.js'
import { Images } from './images.js'
import { Items } from './items.js'
import { Prices } from './prices.js'
import { PrintingSettings } from './printing.js'
import { Taxes } from './taxes.js'
import { Users } from './users.js'

const TABS = ['items', 'prices', 'taxes', 'images', 'users', 'printing', 'conflicts'] as const
type Tab = (typeof TABS)[number]

const PANELS: Readonly<Record<Tab, ComponentType>> = {
  items: Items,
  prices: Prices,
  taxes: Taxes,
  images: Images,
  users: Users,
  printing: PrintingSettings,
  conflicts: Conflicts,
}

/** What managers set up, in online mode only. */
export function SetUp(): VNode {
  const [tab, choose] = useState<Tab>('items')
  const Panel = PANELS[tab]
  useEffect(() => document.getElementById(`tab-${tab}`)?.focus(), [tab])
  const walk = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = TABS[TABS.indexOf(tab) + step]
    if (step !== 0 && next) choose(next)
  }
  return (
    <main
      id="set-up"
      aria-labelledby="set-up-title"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || document.querySelector('dialog[open]')) return
        view.value = 'till'
      }}
    >
      <section class="wide">
        <div class="title-row">
          <h2 id="set-up-title">{t.value.setUp}</h2>
          <button type="button" onClick={() => (view.value = 'till')}>
            {t.value.backToTill} <kbd aria-hidden="true">Esc</kbd>
          </button>
        </div>
        <div role="tablist" aria-label={t.value.setUp} class="buttons" onKeyDown={walk}>
          {TABS.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={name === tab}
              aria-controls="set-up-panel"
              tabIndex={name === tab ? 0 : -1}
              onClick={() => choose(name)}
            >
              {t.value.setUpTabs[name]}
            </button>
          ))}
        </div>
        <div role="tabpanel" id="set-up-panel" aria-labelledby={`tab-${tab}`}>
          <Panel />
        </div>
      </section>
    </main>
  )
}
