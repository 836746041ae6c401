import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Action } from '../../pages/action.js'
import { confirmed, Dialog, openDialog } from '../../pages/dialogs.js'
import type { DayCloseRecord, DayTotals, Perpetual } from '../../docs/generated/types.js'
import { get, messageOf, post } from './api.js'
import { amount } from './money.js'
import type { Day } from './shapes.js'
import { printDay } from './slip.js'
import { refreshSales, salesError } from './state/sales.js'
import { Terms } from './terms.js'
import { t } from './texts.js'

/** The business day so far, and its close. */
export async function openDay(): Promise<void> {
  salesError.value = ''
  try {
    const day = await get<Day>('/v1/day')
    await openDialog((close) => <DayDialog day={day} close={close} />)
  } catch (error) {
    salesError.value = messageOf(error)
  }
}

function DayDialog({ day: { day, totals, perpetual }, close }: { day: Day; close: () => void }): VNode {
  const [closed, setClosed] = useState<DayCloseRecord>()
  const [error, setError] = useState('')

  const closeDay = async (): Promise<void> => {
    setError('')
    const sure = await confirmed({
      name: 'close-day',
      title: t.value.closeDayTitle,
      sentences: [
        t.value.closeDayFigures(totals.invoices, totals.creditNotes, amount(totals.payable)),
        t.value.closeDayAbout,
      ],
      yes: t.value.closeDayYes,
      no: t.value.notNow,
    })
    if (!sure) return
    try {
      setClosed(await post<DayCloseRecord>('/v1/day/close'))
      void refreshSales()
    } catch (problem) {
      setError(messageOf(problem))
    }
  }

  return (
    <Dialog
      name="day"
      title={day === undefined ? t.value.noDayOpen : t.value.businessDayNamed(day)}
      close={close}
    >
      <p role="status">{closed ? t.value.daySealed(closed.z, closed.day) : ''}</p>
      <Terms pairs={figuresOf(closed?.totals ?? totals, closed?.perpetual ?? perpetual)} />
      <p class="error" role="alert">
        {error}
      </p>
      <p class="buttons">
        {closed ? (
          <button type="button" onClick={() => printDay(closed)}>
            {t.value.printZ}
          </button>
        ) : (
          <Action data-focus work={closeDay}>
            {t.value.closeDay}
          </Action>
        )}
        <button type="button" onClick={close}>
          {t.value.back}
        </button>
      </p>
    </Dialog>
  )
}

function figuresOf(totals: DayTotals, perpetual: Perpetual): [string, string][] {
  return [
    [t.value.invoices, String(totals.invoices)],
    [t.value.creditNotes, String(totals.creditNotes)],
    ...totals.series.map(({ from, to }): [string, string] => [
      t.value.numbers,
      from === to ? from : t.value.fromTo(from, to),
    ]),
    [t.value.taxable, amount(totals.taxable)],
    ...totals.taxes.map(({ name, rate, minor }): [string, string] => [`${name} ${rate}%`, amount(minor)]),
    [t.value.roundOff, amount(totals.roundOff)],
    [t.value.payable, amount(totals.payable)],
    ...totals.tenders.map(({ type, name, minor }): [string, string] => [
      t.value.paidBy(name ?? t.value.tenderTypes[type]),
      amount(minor),
    ]),
    [t.value.perpetualTotal, amount(perpetual.payable)],
  ]
}
