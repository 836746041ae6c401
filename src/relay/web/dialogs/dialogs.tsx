import { RecordDialog } from '../audit/record-dialog.js'
import { dialog } from '../state/dialogs.js'
import { AcceptDialog } from './accept-dialog.js'
import { IntakeDialog } from './intake-dialog.js'
import { OrderDialog } from './order-dialog.js'
import { PairDialog } from './pair-dialog.js'
import { RenameDialog } from './rename-dialog.js'
import { TerminalDialog } from './terminal-dialog.js'

/** The dialog that is open, if one is. */
export function Dialogs() {
  const open = dialog.value
  switch (open?.is) {
    case undefined:
      return null
    case 'pair':
      return <PairDialog {...(open.row ? { row: open.row } : {})} />
    case 'terminal':
      return <TerminalDialog key={open.id} id={open.id} />
    case 'order':
      return <OrderDialog key={open.what} what={open.what} row={open.row} />
    case 'rename':
      return <RenameDialog row={open.row} />
    case 'intake':
      return <IntakeDialog row={open.row} />
    case 'record':
      return (
        <RecordDialog
          key={`${open.document} ${open.position}`}
          document={open.document}
          position={open.position}
        />
      )
    case 'accept':
      return <AcceptDialog key={open.incident.serial} incident={open.incident} />
  }
}
