import { effect } from '@preact/signals'
import { render } from 'preact'
import { announceLanguage } from '../../pages/messages.js'
import { listen } from '../../pages/live.js'
import { App } from './app.js'
import { openDay } from './day-dialog.js'
import { onKeys } from './keys.js'
import type { Status, WorkProgress } from './shapes.js'
import { showShortcuts } from './shortcuts-dialog.js'
import { bill, refresh, resume } from './state/bill.js'
import { putAway } from './state/deeds.js'
import { commit } from './state/fields.js'
import { focusSearch, resetSearch } from './state/focus.js'
import { grid } from './state/grid.js'
import { lookAgain, refreshBills } from './state/parked.js'
import { learnPrinting } from './state/printing.js'
import { refreshSales } from './state/sales.js'
import { isInside, lock, look, startSession } from './state/session.js'
import { askStatus, gone, isOnline, now, show, status } from './state/status.js'
import { followBill, sealBill } from './state/tenders.js'
import { view } from './state/view.js'
import { idle, progressed, running } from './state/work.js'
import { t } from './texts.js'

/** Bills of other terminals come over the link without an event. Milliseconds. */
const BILLS_MS = 3_000
/** The age of the oldest sale without receipt is shown in minutes. Milliseconds. */
const AGE_MS = 30_000

const page = document.getElementById('page')
if (!page) throw new Error('index.html lacks #page')

announceLanguage()
followBill()
effect(() => {
  const told = status.value
  document.documentElement.dataset['mode'] = told?.mode ?? 'unknown'
  document.documentElement.toggleAttribute('data-training', (told?.training ?? null) !== null)
  if (!told) return
  const own = `${told.terminal.name}, ${told.shop.name}`
  const name = told.training === null ? own : `${t.value.trainingTitle} – ${own}`
  document.title =
    told.mode === 'disconnected' ? `${t.value.disconnectedTitle} – ${name}` : `${name} – Counterfoil`
})
// Who goes on disconnected is at the till again: there is no Set-Up there.
effect(() => {
  if (!isOnline.value) view.value = 'till'
})
// A bill that was put away or taken up is in the list of others, or no more.
let listed: string | undefined
effect(() => {
  const id = bill.value?.id
  if (id === listed) return
  listed = id
  if (isInside.peek()) void refreshBills()
})

let stopListening: () => void = () => undefined
const listeners = {
  status: (told: Status): void => {
    const first = status.value === undefined
    show(told)
    if (!told.syncing) idle()
    // Bills taken up before the shop's currency was known would be shown without it.
    if (first) {
      resume().catch(() => undefined)
      void learnPrinting()
    }
    void refreshSales()
    void refreshBills()
  },
  sealed: (): void => void refreshSales(),
  progress: (progress: WorkProgress): void => {
    // In online mode the link syncs by itself all the time; that is no news to a cashier.
    if (running.value?.own || progress.unit !== undefined || status.value?.mode === 'disconnected')
      progressed(progress)
  },
}

render(<App />, page)
startSession({
  entered: () => {
    stopListening()
    stopListening = listen({
      path: '/v1/events',
      listeners,
      lost: () => {
        if (status.value === undefined) gone.value = true
        void look()
      },
    })
    focusSearch()
  },
  locked: () => {
    stopListening()
    void askStatus()
  },
  commit,
})

onKeys({
  search: resetSearch,
  park: () => void putAway('parked'),
  pay: () => {
    const tenders = document.getElementById('tenders')
    if (tenders?.contains(document.activeElement)) {
      void sealBill()
      return
    }
    const amount = tenders?.querySelector<HTMLInputElement>('input.amount')
    amount?.focus()
    amount?.select()
  },
  recall: () => void lookAgain(),
  quantity: () => {
    const inputs = document.querySelectorAll<HTMLInputElement>('#line-rows input.quantity:enabled')
    const last = inputs[inputs.length - 1]
    last?.focus()
    last?.select()
  },
  change: () => {
    const buttons = document.querySelectorAll<HTMLButtonElement>('#line-rows button.change')
    buttons[buttons.length - 1]?.click()
  },
  lock: () => void lock(),
  grid: () => (grid.value.open ? grid.value.close() : void grid.value.show()),
  lookup: () => document.getElementById('lookup')?.focus(),
  day: () => void openDay(),
  help: () => void showShortcuts(),
})

setInterval(() => {
  if (document.hidden) return
  if (!isInside.value) {
    void askStatus()
    return
  }
  refresh().catch(() => undefined)
  void refreshBills()
}, BILLS_MS)
setInterval(() => {
  now.value = Date.now()
}, AGE_MS)
