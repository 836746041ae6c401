import type { DayCloseRecord, DayTotals, Perpetual } from '../../docs/generated/types.js'
import { get, messageOf, post } from './api.js'
import { confirmed, makeDialog, opened } from './dialogs.js'
import { button, make, onPress, part, say, terms } from './dom.js'
import { amount } from './money.js'
import type { Day } from './shapes.js'
import { dayLines, print } from './slip.js'

/** The business day so far, and its close. */
export function dayButton(): void {
  onPress(part('open-day', HTMLButtonElement), async () => {
    const error = part('sales-error', HTMLElement)
    say(error, '')
    try {
      await dayDialog(await get<Day>('/v1/day'))
    } catch (problem) {
      say(error, messageOf(problem))
    }
  })
}

async function dayDialog({ day, totals, perpetual }: Day): Promise<void> {
  const dialog = makeDialog(day === undefined ? 'No business day is open' : `Business day ${day}`)
  const figures = make('dl', {}, ...terms(figuresOf(totals, perpetual)))
  const outcome = make('p', { role: 'status' })
  const error = make('p', { className: 'error', role: 'alert' })
  const buttons = make('p', { className: 'buttons' })
  const close = button('Close the day…', async () => {
    say(error, '')
    const sure = await confirmed(
      'Close the business day?',
      [
        `${totals.invoices} invoices and ${totals.creditNotes} credit notes, ${amount(totals.payable)}.`,
        'The Z is sealed into the chain. What is sealed later belongs to the next Z.',
      ],
      'Close the day',
    )
    if (!sure) return
    try {
      const closed = await post<DayCloseRecord>('/v1/day/close')
      say(outcome, `Z ${closed.z} of business day ${closed.day} is sealed.`)
      figures.replaceChildren(...terms(figuresOf(closed.totals, closed.perpetual)))
      close.replaceWith(button('Print Z', () => print(dayLines(closed))))
    } catch (problem) {
      say(error, messageOf(problem))
    }
  })
  buttons.append(
    close,
    button('Back', () => dialog.close()),
  )
  dialog.append(outcome, figures, error, buttons)
  await opened(dialog)
}

function figuresOf(totals: DayTotals, perpetual: Perpetual): [string, string][] {
  return [
    ['Invoices', String(totals.invoices)],
    ['Credit notes', String(totals.creditNotes)],
    ...totals.series.map(({ from, to }): [string, string] => [
      'Numbers',
      from === to ? from : `${from} to ${to}`,
    ]),
    ['Taxable', amount(totals.taxable)],
    ...totals.taxes.map(({ name, rate, minor }): [string, string] => [`${name} ${rate}%`, amount(minor)]),
    ['Round-off', amount(totals.roundOff)],
    ['Payable', amount(totals.payable)],
    ...totals.tenders.map(({ type, name, minor }): [string, string] => [`By ${name ?? type}`, amount(minor)]),
    ['Perpetual total', amount(perpetual.payable)],
  ]
}
