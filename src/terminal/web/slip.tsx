import { signal } from '@preact/signals'
import type { VNode } from 'preact'
import { QrCode } from '../../pages/qr-code.js'
import type { DayCloseRecord, TrainingSale } from '../../docs/generated/types.js'
import type { Sale } from './shapes.js'
import { dayLines, frameOf, saleLines, trainingLines, type Paper } from './slip-text.js'
import { printing, seller } from './state/printing.js'
import { t } from './texts.js'

interface Printed {
  readonly text: string
  readonly paper: Paper
  readonly qr?: string
  readonly copies: number
}

const printed = signal<Printed | undefined>(undefined)

const frame = () => frameOf(printing.value, seller.value)

/** A slip as text, for printers that take nothing else: the last line is what the QR code holds. */
export function saleText(sale: Sale, duplicate = 0): string {
  const lines = saleLines(sale, frame(), duplicate)
  return [...lines, ...(sale.qr === undefined ? [] : [sale.qr]), ''].join('\n')
}

interface HowPrinted {
  readonly copies?: number
  /** Which copy it is of a slip that was printed before. */
  readonly duplicate?: number
}

export function printSale(sale: Sale, { copies = 1, duplicate = 0 }: HowPrinted = {}): void {
  const { paper } = frame()
  print({
    text: saleLines(sale, frame(), duplicate).join('\n'),
    paper,
    copies,
    ...(sale.qr === undefined ? {} : { qr: sale.qr }),
  })
}

export function printTraining(sale: TrainingSale): void {
  const { paper } = frame()
  print({ text: trainingLines(sale, frame()).join('\n'), paper, copies: 1 })
}

export function printDay(record: DayCloseRecord): void {
  const { paper } = frame()
  print({ text: dayLines(record, frame()).join('\n'), paper, copies: 1 })
}

function print(slip: Printed): void {
  printed.value = slip
  // The print style sheet shows nothing else, once it is drawn.
  requestAnimationFrame(() => window.print())
}

/** What is printed; no screen shows it. */
export function Slip(): VNode {
  const slip = printed.value
  return (
    <div id="slip" aria-hidden="true" data-paper={slip?.paper ?? 80}>
      {slip
        ? Array.from({ length: slip.copies }, (_, copy) => (
            <div class="slip" key={copy}>
              <pre>{slip.text}</pre>
              {slip.qr === undefined ? null : <QrCode text={slip.qr} label={t.value.slip.qrLabel} />}
            </div>
          ))
        : null}
    </div>
  )
}
