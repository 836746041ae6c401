import { join } from 'node:path'
import type { CustodyReceipt } from '../../docs/generated/types.js'
import { receiptEntry } from '../../docs/log-entry.js'
import type { Disk } from '../../storage/disk.js'
import { reading } from '../../storage/errors.js'
import { readLines } from '../../storage/log-lines.js'
import type { RelayLog } from './relay-log.js'

/** Receipts held in memory at once: a relay that had no log yet may have given millions. */
const AT_ONCE = 2_000

/**
 * Lets the receipts into the log that are in receipts.log and not in it: those given in the moment before the relay was
 * killed, or all of them where there was no log yet. Its damaged lines were reported when it was opened.
 * @param directory of the relay
 * @param given serial of the last receipt in receipts.log
 * @throws StorageReadError
 */
export async function catchUp(
  log: RelayLog,
  { directory, disk }: { readonly directory: string; readonly disk: Disk },
  given: number,
): Promise<void> {
  if (log.broken !== undefined) return
  const last = await log.lastSerial()
  if (last >= given) return
  const path = join(directory, 'receipts.log')
  const file = await reading(path, () => disk.open(path, 'read'))
  let held = 0
  try {
    for await (const line of readLines(file)) {
      if (line.damage) continue
      const receipt = line.entry as CustodyReceipt
      if (receipt.body.serial <= last) continue
      log.add(receiptEntry(receipt))
      held += 1
      if (held % AT_ONCE === 0) await log.settled()
    }
  } finally {
    await file.close()
  }
  if (held > 0) await log.settled()
}
