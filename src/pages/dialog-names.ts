/** Every dialog of both pages; a test holds each of them against what keeps people from using it. */
export const DIALOGS = [
  // The terminal's.
  'advanced-sync',
  'begin-training',
  'cancel-bill',
  'close-day',
  'credit-note',
  'day',
  'force-data',
  'force-images',
  'invoice',
  'item',
  'keys',
  'line',
  'mark-synced',
  'pin',
  'remove-person',
  'work-online',
  // The relay's.
  'accept',
  'close-intake',
  'intake',
  'move-epoch',
  'pair',
  'record',
  'reinstate',
  'rename',
  'revoke',
  'settle-fork',
  'terminal',
] as const

export type DialogName = (typeof DIALOGS)[number]

/** Id of a dialog's element, for as long as it is open. */
export function dialogId(name: DialogName): string {
  return `dialog-${name}`
}
