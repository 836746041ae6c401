import type { VNode } from 'preact'
import { Action } from '../../pages/action.js'
import { confirmed } from '../../pages/dialogs.js'
import { openAdvancedSync } from './advanced-sync.js'
import { isOnline, waitingSales } from './state/status.js'
import { running } from './state/work.js'
import { goOffline, goOnline, syncData } from './sync-work.js'
import { t } from './texts.js'
import { WorkOutcome } from './work-bar.js'

/** The sync buttons, each with what it does to data here and at the relay. */
export function Sync(): VNode {
  const rests = running.value?.own ?? false
  return (
    <section id="sync" aria-labelledby="sync-title">
      <h2 id="sync-title">{t.value.sync}</h2>
      <div class="deed">
        <Action id="sync-now" disabled={rests} work={() => syncData(t.value.syncData)}>
          {t.value.syncData}
        </Action>
        <p>{t.value.syncDataAbout}</p>
      </div>
      {isOnline.value ? (
        <div class="deed" id="offline-deed">
          <Action id="go-offline" disabled={rests} work={goOffline}>
            {t.value.goOffline}
          </Action>
          <p>{t.value.goOfflineAbout}</p>
        </div>
      ) : (
        <div class="deed" id="online-deed">
          <Action id="go-online" disabled={rests} work={askToGoOnline}>
            {t.value.goOnline}
          </Action>
          <p>{t.value.goOnlineAbout}</p>
        </div>
      )}
      <div class="deed">
        <button type="button" id="open-advanced" onClick={openAdvancedSync}>
          {t.value.advanced}
        </button>
        <p>{t.value.advancedAbout}</p>
      </div>
      <WorkOutcome id="sync-result" />
    </section>
  )
}

async function askToGoOnline(): Promise<void> {
  const sure = await confirmed({
    name: 'work-online',
    title: t.value.goOnlineTitle,
    sentences: [t.value.goOnlineSends(waitingSales.value), t.value.goOnlineThen],
    yes: t.value.goOnlineYes,
    no: t.value.notNow,
  })
  if (sure) await goOnline()
}
