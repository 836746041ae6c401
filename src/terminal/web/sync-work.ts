import { bytes } from '../../pages/format.js'
import { post } from './api.js'
import type { ForceResult, ImageForceResult, ImageSyncResult, Status, SyncResult } from './shapes.js'
import { notTakenSentences, runWork, type Outcome } from './state/work.js'
import { show } from './state/status.js'
import { t } from './texts.js'

/** Each of the sync actions, told from its beginning to an honest end. */

export function syncData(name: string): Promise<void> {
  return runWork(name, async () => outcomeOf(await post<SyncResult>('/v1/sync')))
}

export function goOnline(): Promise<void> {
  return runWork(t.value.goOnline, async () => {
    const outcome = outcomeOf(await post<SyncResult>('/v1/online', { confirm: true }))
    return { ...outcome, sentences: [t.value.worksOnlineNow, ...outcome.sentences] }
  })
}

export function goOffline(): Promise<void> {
  return runWork(t.value.goOffline, async () => {
    show(await post<Status>('/v1/disconnect'))
    return { good: true, sentences: [t.value.worksDisconnectedNow] }
  })
}

export function forceData(keepCatalogue: boolean): Promise<void> {
  return runWork(t.value.forceData, async () => {
    const { purged, kept, bytes: size, notTaken } = await post<ForceResult>('/v1/force', { keepCatalogue })
    return {
      good: notTaken.length === 0,
      sentences: [
        t.value.forceDone(bytes(size), purged, kept),
        ...(kept > 0 ? [t.value.keptWhy] : []),
        ...notTakenSentences(notTaken),
      ],
    }
  })
}

export function syncImages(): Promise<void> {
  return runWork(t.value.syncImages, async () => {
    const result = await post<ImageSyncResult>('/v1/images/sync')
    return {
      good: result.complete,
      sentences: [
        t.value.imagesSynced(result.uploaded, result.downloaded, bytes(result.bytes), result.receipted),
        ...(result.complete ? [t.value.imagesAllThere] : [t.value.imagesNotAllThere]),
        ...notTakenSentences(result.notTaken),
      ],
    }
  })
}

export function forceImages(): Promise<void> {
  return runWork(t.value.forceImages, async () => {
    const result = await post<ImageForceResult>('/v1/images/force')
    return {
      good: result.complete,
      sentences: [
        t.value.imagesForced(result.uploaded, result.cleared, bytes(result.bytes), result.kept),
        ...(result.kept > 0 ? [t.value.imagesKeptWhy] : []),
        ...notTakenSentences(result.notTaken),
      ],
    }
  })
}

export function markSynced(): Promise<void> {
  return runWork(t.value.markSynced, async () => {
    const told = await post<Status>('/v1/mark-synced')
    show(told)
    const { invoices, creditNotes } = told.unreceipted
    return { good: true, sentences: [t.value.markedSentNothing(invoices + creditNotes)] }
  })
}

function outcomeOf(outcome: SyncResult): Outcome {
  const { received, receipted, notTaken, relayBehind, complete, newEpoch, intake } = outcome
  return {
    good: complete,
    sentences: [
      t.value.syncFigures(received, receipted),
      complete ? t.value.allReceipted : t.value.notAllReceipted,
      ...notTakenSentences(notTaken),
      ...(relayBehind ? [t.value.relayWasBehind] : []),
      ...(intake ? [t.value.intakeOnly] : []),
      ...(newEpoch === undefined ? [] : [t.value.newEpoch(newEpoch)]),
    ],
  }
}
