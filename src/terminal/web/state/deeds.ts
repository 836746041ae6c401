import { messageOf } from '../api.js'
import { t } from '../texts.js'
import { bill, leave } from './bill.js'
import { commit } from './fields.js'
import { resetSearch } from './focus.js'
import { billError, note } from './notes.js'

/** Parks or cancels the bill at hand; what is parked is saved as it was typed. */
export async function putAway(how: 'parked' | 'cancelled'): Promise<void> {
  try {
    if (!bill.value) return
    if (how === 'parked') await commit()
    await leave(how)
    billError.value = ''
    resetSearch()
    note(how === 'parked' ? t.value.parkedNote : t.value.cancelledNote)
  } catch (error) {
    billError.value = messageOf(error)
  }
}
