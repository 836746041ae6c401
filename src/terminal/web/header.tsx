import type { VNode } from 'preact'
import { ago, bytes, dateTime, time } from '../../pages/format.js'
import { language, LANGUAGES, speak, type Language } from '../../pages/messages.js'
import { Action } from '../../pages/action.js'
import { openAdvancedSync } from './advanced-sync.js'
import { amount } from './money.js'
import { cashier, isInside, lock, mayManage, nameCashier, person } from './state/session.js'
import { view } from './state/view.js'
import { gone, now, status, waitingSales } from './state/status.js'
import { showShortcuts } from './shortcuts-dialog.js'
import type { Status } from './shapes.js'
import { t } from './texts.js'
import { TrainingBanner, TrainingButton } from './training.js'
import { WorkBar } from './work-bar.js'

/** The top of the page: who this is, what is observed, and what has no custody receipt. */
export function Header(): VNode {
  return (
    <header id="top">
      <div class="bar">
        <Who />
        <Signs />
        <div class="bar end">
          <TrainingButton />
          <SetUpButton />
          <Person />
          <button type="button" onClick={() => void showShortcuts()} aria-keyshortcuts="F1">
            {t.value.keys} <kbd aria-hidden="true">F1</kbd>
          </button>
          <LanguageChoice />
        </div>
      </div>
      <Facts />
      <WorkBar id="work" />
      <TrainingBanner />
    </header>
  )
}

function Who(): VNode {
  const told = status.value
  if (!told) return <h1 id="terminal">Counterfoil</h1>
  const { terminal, shop } = told
  return (
    <>
      <h1 id="terminal">
        {t.value.terminalTitle(terminal.name, terminal.code, terminal.epoch, terminal.role === 'manager')}
      </h1>
      <p id="shop">{shop.name}</p>
    </>
  )
}

function Signs(): VNode | null {
  const told = status.value
  if (!told) return null
  return (
    <>
      <p class="badge" id="mode" aria-live="polite">
        {t.value.modes[told.mode]}
      </p>
      <p class="badge" id="link" data-state={told.link.state} aria-live="polite">
        {linkText(told.link)}
      </p>
    </>
  )
}

function linkText({ state, reason, retryAt }: Status['link']): string {
  if (state !== 'down') return t.value.links[state]
  return t.value.linkDown(reason ?? t.value.unknownReason, retryAt === undefined ? undefined : time(retryAt))
}

/** There is no Set-Up in disconnected mode: what is edited apart from others is in conflict later. */
function SetUpButton(): VNode | null {
  if (!mayManage.value) return null
  const inside = view.value === 'set-up'
  return (
    <button
      type="button"
      id="open-set-up"
      aria-pressed={inside}
      onClick={() => (view.value = inside ? 'till' : 'set-up')}
    >
      {inside ? t.value.backToTill : t.value.setUp}
    </button>
  )
}

function Person(): VNode | null {
  if (!isInside.value) return null
  const who = person.value
  if (who) {
    return (
      <>
        <p class="badge" id="person">
          {who.role === 'manager' ? t.value.managerNamed(who.name) : who.name}
        </p>
        <Action id="lock" aria-keyshortcuts="F7" work={lock}>
          {t.value.lock} <kbd aria-hidden="true">F7</kbd>
        </Action>
      </>
    )
  }
  return (
    <label class="inline cashier" id="cashier-field">
      {t.value.cashier}{' '}
      <input
        id="cashier"
        autocomplete="off"
        maxLength={80}
        size={10}
        placeholder={status.value?.terminal.name ?? ''}
        defaultValue={cashier.peek()}
        onChange={(event) => nameCashier(event.currentTarget.value.trim())}
      />
    </label>
  )
}

function LanguageChoice(): VNode {
  return (
    <select
      id="language"
      aria-label={t.value.language}
      value={language.value}
      onChange={(event) => speak(event.currentTarget.value as Language)}
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  )
}

function Facts(): VNode | null {
  const told = status.value
  if (!told || (gone.value && !told)) return null
  const { unreceipted, lastSync, markedSynced, images } = told
  const none = waitingSales.value === 0
  const { oldest } = unreceipted
  return (
    <div class="bar facts">
      <p id="unreceipted" class={none ? 'none' : undefined} aria-live="polite">
        {t.value.withoutReceipt(unreceipted.invoices, unreceipted.creditNotes)}
        {none ? '' : ` · ${amount(unreceipted.payable)}`}
        {none || oldest === undefined ? '' : ` · ${t.value.oldest(ago(oldest, now.value))}`}
      </p>
      {images && images.unreceipted.count > 0 ? (
        <p id="unreceipted-images">
          {t.value.imagesWithoutReceipt(images.unreceipted.count, bytes(images.unreceipted.bytes))}
        </p>
      ) : null}
      <p id="last-sync">{lastSync === null ? t.value.neverSynced : t.value.lastSync(dateTime(lastSync))}</p>
      {markedSynced === null ? null : (
        <p id="marked-synced">{t.value.markedRemark(dateTime(markedSynced))}</p>
      )}
      {isInside.value ? (
        <button type="button" class="link end" onClick={openAdvancedSync}>
          {t.value.advancedShort}
        </button>
      ) : null}
    </div>
  )
}
