import type { VNode } from 'preact'
import { Action } from '../../pages/action.js'
import { confirmed } from '../../pages/dialogs.js'
import { dateTime } from '../../pages/format.js'
import { hasLines } from './state/bill.js'
import { isInside } from './state/session.js'
import { beginTraining, endTraining, mayTrain, training } from './state/training.js'
import { t } from './texts.js'

/** The way into training mode, for managers. */
export function TrainingButton(): VNode | null {
  if (!mayTrain.value) return null
  return (
    <Action id="begin-training" work={askToTrain}>
      {t.value.training}
    </Action>
  )
}

async function askToTrain(): Promise<void> {
  const sure = await confirmed({
    name: 'begin-training',
    title: t.value.trainingStart,
    sentences: [
      t.value.trainingStartAbout,
      t.value.trainingStartRecorded,
      ...(hasLines.value ? [t.value.trainingStartParks] : []),
    ],
    yes: t.value.trainingStartYes,
    no: t.value.notNow,
  })
  if (sure) await beginTraining()
}

/** Nobody should take what is practised for a sale: it is said above everything, and the way out stands beside it. */
export function TrainingBanner(): VNode | null {
  const on = training.value
  if (!on) return null
  return (
    <div id="training" role="status">
      <p>{t.value.trainingOn(dateTime(on.at), on.by)}</p>
      {isInside.value ? (
        <Action id="end-training" work={endTraining}>
          {t.value.trainingEnd}
        </Action>
      ) : null}
    </div>
  )
}
