import { computed } from '@preact/signals'
import { messageOf, post } from '../api.js'
import type { Status } from '../shapes.js'
import { t } from '../texts.js'
import { bill, hasLines, leave } from './bill.js'
import { commit } from './fields.js'
import { focusSearch } from './focus.js'
import { billError, note } from './notes.js'
import { isInside, person } from './session.js'
import { show, status } from './status.js'

/** Since when this terminal is in training mode, and who began it; undefined while it is not. */
export const training = computed(() => status.value?.training ?? undefined)

/** Whether training may be begun by who is here: a manager, in either mode. */
export const mayTrain = computed(
  () =>
    isInside.value &&
    training.value === undefined &&
    (person.value === undefined || person.value.role === 'manager'),
)

/** The bill at hand is a sale, and waits until training has ended. */
export async function beginTraining(): Promise<void> {
  try {
    if (hasLines.value) {
      await commit()
      await leave('parked')
    } else if (bill.value) await leave('cancelled')
    show(await post<Status>('/v1/training/start'))
    billError.value = ''
  } catch (error) {
    billError.value = messageOf(error)
  }
  focusSearch()
}

/** The bill at hand ends with training; one that is a sale and was taken up meanwhile stays. */
export async function endTraining(): Promise<void> {
  try {
    if (bill.value?.opened.training) await leave('cancelled')
    show(await post<Status>('/v1/training/end'))
    billError.value = ''
    note(t.value.trainingEnded)
  } catch (error) {
    billError.value = messageOf(error)
  }
  focusSearch()
}
