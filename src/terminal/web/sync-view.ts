import { messageOf, post } from './api.js'
import { confirmed } from './dialogs.js'
import { onPress, part, say } from './dom.js'
import type { Status, SyncResult } from './shapes.js'
import { count, dateTime } from './time.js'
import { notTakenSentences, type Outcome, type Work } from './work.js'

/** The sync buttons of the page, and those of the dialog that do the same. */
export class SyncView {
  readonly #work: Work
  readonly #status: () => Status | undefined

  constructor(work: Work, status: () => Status | undefined) {
    this.#work = work
    this.#status = status
    onPress(part('sync-now', HTMLButtonElement), () => this.#sync('Sync Data To Server'))
    onPress(part('sync-from-advanced', HTMLButtonElement), () => this.#sync('Sync Data Now'))
    onPress(part('go-online', HTMLButtonElement), () => this.#goOnline())
    onPress(part('go-offline', HTMLButtonElement), () => this.#goOffline())
    onPress(part('mark-synced', HTMLButtonElement), () => this.#markSynced())
  }

  /** Which of the two ways to change the mode there is now. */
  show({ mode }: Status): void {
    part('online-deed', HTMLElement).hidden = mode === 'online'
    part('offline-deed', HTMLElement).hidden = mode !== 'online'
  }

  async #sync(name: string): Promise<void> {
    await this.#work.run(name, async () => outcomeOf(await post<SyncResult>('/v1/sync')))
  }

  async #goOnline(): Promise<void> {
    const { unreceipted } = this.#status() ?? {}
    const waiting = unreceipted ? unreceipted.invoices + unreceipted.creditNotes : 0
    const sure = await confirmed(
      'Work as online client?',
      [
        `This terminal syncs with the relay first: ${count(waiting, 'sale')} without a custody receipt ${waiting === 1 ? 'is' : 'are'} sent.`,
        'Then it stays connected, and each sale goes to the relay by itself. Nothing is deleted, and you can bill all the while.',
      ],
      'Sync and work online',
    )
    if (!sure) return
    await this.#work.run('Work As Online Client', async () => {
      const outcome = outcomeOf(await post<SyncResult>('/v1/online', { confirm: true }))
      return { ...outcome, sentences: ['This terminal works online now.', ...outcome.sentences] }
    })
  }

  async #goOffline(): Promise<void> {
    await this.#work.run('Work Disconnected', async () => {
      await post<Status>('/v1/disconnect')
      return { good: true, sentences: ['Nothing goes to the relay until you ask.'] }
    })
  }

  async #markSynced(): Promise<void> {
    const result = part('advanced-result', HTMLElement)
    result.classList.remove('bad')
    try {
      const { markedSynced, unreceipted } = await post<Status>('/v1/mark-synced')
      const left = unreceipted.invoices + unreceipted.creditNotes
      say(
        result,
        `Marked as synced on ${markedSynced === null ? '–' : dateTime(markedSynced)}. Nothing was sent: ${count(left, 'sale')} still ${left === 1 ? 'has' : 'have'} no custody receipt.`,
      )
    } catch (error) {
      result.classList.add('bad')
      say(result, messageOf(error))
    }
  }
}

function outcomeOf(outcome: SyncResult): Outcome {
  const { received, receipted, notTaken, relayBehind, complete, newEpoch, intake } = outcome
  return {
    good: complete,
    sentences: [
      `${count(received, 'document')} received; ${receipted} sent and covered by custody receipts.`,
      complete
        ? 'Everything that was here when it began has a custody receipt.'
        : 'Not everything has a custody receipt; it stays here and is sent again with the next sync.',
      ...notTakenSentences(notTaken),
      ...(relayBehind
        ? ['The relay was restored from a backup and was behind; it got its documents back.']
        : []),
      ...(intake ? ['This terminal is revoked: its day books were handed in, and nothing else.'] : []),
      ...(newEpoch === undefined ? [] : [`This terminal seals in epoch ${newEpoch} now.`]),
    ],
  }
}
