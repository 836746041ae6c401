import { AdvancedView } from './advanced-view.js'
import { actAs, get } from './api.js'
import { CurrentBill, type Sold } from './bill.js'
import { BillView } from './bill-view.js'
import { dayButton } from './day-view.js'
import { part } from './dom.js'
import { listen, type Listeners } from './events.js'
import { InvoicesView } from './invoices-view.js'
import { onKeys } from './keys.js'
import { useMoneyOf } from './money.js'
import { SearchView } from './search-view.js'
import { showSealed } from './sealed-view.js'
import { SignInView } from './sign-in-view.js'
import type { Status } from './shapes.js'
import { StatusView } from './status-view.js'
import { SyncView } from './sync-view.js'
import { TenderView } from './tender-view.js'
import { WaitingView } from './waiting-view.js'
import { Work } from './work.js'

/** Bills of other terminals come over the link without an event. Milliseconds. */
const BILLS_MS = 3_000
/** The age of the oldest sale without receipt is shown in minutes. Milliseconds. */
const AGE_MS = 30_000
const CASHIER_KEPT_AS = 'counterfoil-cashier'

let status: Status | undefined
const statusNow = (): Status | undefined => status

const bill = new CurrentBill((message) => search.tell(message))
const search = new SearchView(bill, () => ({
  allowed: status?.terminal.role === 'manager' && status.mode === 'online' && signIn.mayManage,
}))
const billView = new BillView(
  bill,
  () => search.entered(),
  (status) => {
    search.reset()
    search.tell(
      status === 'parked' ? 'Parked. Recall it at any terminal of the shop.' : 'The bill is cancelled.',
    )
  },
)
const commit = (): Promise<void> => billView.commit()
const sealed = (sold: Sold): void => {
  showSealed(sold)
  search.reset()
}
const tenders = new TenderView(bill, commit, sealed)
const waiting = new WaitingView(bill, commit, statusNow, () => search.reset())
const invoices = new InvoicesView(sealed)
const statusView = new StatusView()
const work = new Work(
  ['sync-now', 'go-online', 'go-offline', 'sync-from-advanced', 'force'].map((id) =>
    part(id, HTMLButtonElement),
  ),
)
const syncView = new SyncView(work, statusNow)
const advancedView = new AdvancedView(work)
dayButton()

/** What shows the status to whoever stands there. */
const show = (now: Status): void => {
  useMoneyOf(now.shop)
  cashier.placeholder = now.terminal.name
  statusView.show(now)
  syncView.show(now)
  advancedView.show(now)
}
const gone = (): void => statusView.gone()

let stopListening: () => void = () => undefined
const signIn = new SignInView({
  // Who is signed in is known to the agent; what is typed as a name counts only where nobody can sign in.
  is: (name) => actAs(name === undefined ? cashier.value.trim() : ''),
  entered: () => {
    stopListening = listen(listeners)
  },
  locked: () => {
    stopListening()
    status = undefined
    void showStatus()
  },
  gone,
  commit,
})

/** Nothing is told to a page that nobody has signed in to; it may ask how the terminal is. */
const showStatus = (): Promise<void> => get<Status>('/v1/status').then(show, gone)

const cashier = part('cashier', HTMLInputElement)
cashier.value = localStorage.getItem(CASHIER_KEPT_AS) ?? ''
actAs(cashier.value.trim())
cashier.addEventListener('change', () => {
  localStorage.setItem(CASHIER_KEPT_AS, cashier.value.trim())
  actAs(cashier.value.trim())
})

const listeners: Listeners = {
  status: (now) => {
    const first = status === undefined
    status = now
    show(now)
    if (!now.syncing) work.idle()
    // Bills taken up before the shop's currency was known would be shown without it.
    if (first) bill.resume().catch(() => undefined)
    void invoices.refresh()
    void waiting.refresh()
  },
  sealed: () => void invoices.refresh(),
  progress: (progress) => {
    // In online mode the link syncs by itself all the time; that is no news to a cashier.
    if (work.running || progress.unit !== undefined || status?.mode === 'disconnected')
      work.progress(progress)
  },
  lost: () => void signIn.look(),
}
void signIn.look()

onKeys({
  search: () => search.reset(),
  park: () => void billView.leave('parked'),
  pay: () => {
    if (tenders.focused) void tenders.seal()
    else tenders.focus()
  },
  recall: () => void waiting.lookAgain(status),
  quantity: () => billView.editLastQuantity(),
  lock: () => void signIn.lock(),
})

setInterval(() => {
  if (document.hidden) return
  if (!signIn.inside) {
    void showStatus()
    return
  }
  bill.refresh().catch(() => undefined)
  void waiting.refresh()
}, BILLS_MS)
setInterval(() => {
  if (status) statusView.tick(status)
}, AGE_MS)
