import { get, post } from './api.js'
import { confirmed } from './dialogs.js'
import { onPress, part, say } from './dom.js'
import { amount } from './money.js'
import type { Bill, ForceResult, Status } from './shapes.js'
import { count, dateTime } from './time.js'
import { bytes, notTakenSentences, type Work } from './work.js'

const NAME = 'Force Complete Sync Data'

/** The dialog “Advanced Sync”. */
export class AdvancedView {
  readonly #work: Work
  readonly #dialog = part('advanced', HTMLDialogElement)
  readonly #keep = part('keep-catalogue', HTMLInputElement)

  constructor(work: Work) {
    this.#work = work
    onPress(part('open-advanced', HTMLButtonElement), () => this.#dialog.showModal())
    onPress(part('advanced-close', HTMLButtonElement), () => this.#dialog.close())
    onPress(part('force', HTMLButtonElement), () => this.#force())
  }

  show({ lastSync, markedSynced, force }: Status): void {
    const dates = [lastSync === null ? 'Last sync: never.' : `Last sync: ${dateTime(lastSync)}.`]
    if (markedSynced !== null)
      dates.push(`Marked as synced: ${dateTime(markedSynced)}, a remark that sent nothing.`)
    if (force && force.state !== 'purged')
      dates.push(
        `A force-complete begun ${dateTime(force.startedAt)} is at “${force.state}” and goes on there.`,
      )
    say(part('advanced-dates', HTMLElement), dates.join(' '))
  }

  async #force(): Promise<void> {
    const keepCatalogue = this.#keep.checked
    let sentences: string[]
    try {
      // What is on the screen may be a moment old, and this is about deleting.
      const status = await get<Status>('/v1/status')
      const { bills } = await get<{ bills: Bill[] }>('/v1/bills')
      sentences = sentencesOf(status, bills.length, keepCatalogue)
    } catch (error) {
      await this.#work.run(NAME, () => Promise.reject(error))
      return
    }
    if (!(await confirmed('Force Complete Sync Data?', sentences, 'Send, then delete here'))) return
    await this.#work.run(NAME, async () => {
      const { purged, kept, bytes: size, notTaken } = await post<ForceResult>('/v1/force', { keepCatalogue })
      return {
        good: notTaken.length === 0,
        sentences: [
          `${bytes(size)} handed to the relay; ${count(purged, 'document')} deleted here, ${kept} kept.`,
          ...(kept > 0 ? ['What was kept changed meanwhile or has no custody receipt.'] : []),
          ...notTakenSentences(notTaken),
        ],
      }
    })
  }
}

function sentencesOf(
  { unreceipted, receipted, force }: Status,
  bills: number,
  keepCatalogue: boolean,
): string[] {
  const invoices = unreceipted.invoices + receipted.invoices
  const notes = unreceipted.creditNotes + receipted.creditNotes
  const open = unreceipted.invoices + unreceipted.creditNotes
  const value = amount(unreceipted.payable + receipted.payable)
  return [
    ...(force && force.state !== 'purged'
      ? [`The force-complete begun ${dateTime(force.startedAt)} goes on where it was (${force.state}).`]
      : []),
    `It sends ${count(invoices, 'invoice')} and ${count(notes, 'credit note')}, ${value} in all, to the relay; ${open} of them ${open === 1 ? 'has' : 'have'} no custody receipt yet.`,
    'Then it deletes them on this terminal, each only once a custody receipt covers exactly what is deleted. What is sealed meanwhile stays.',
    `${count(bills, 'open or parked bill')} and the bills of the same day stay.`,
    keepCatalogue
      ? 'The catalogue stays, so billing goes on.'
      : 'The catalogue is deleted too: until the next sync no item can be found here.',
  ]
}
