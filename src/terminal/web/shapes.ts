// What the agent's API answers, as schemas/ has it, under the names the page has for it.
import type { ItemConflict, SaleFacts, SaleView, ShopView } from '../../docs/generated/types.js'

export type {
  BillLineView as BillLine,
  BillView as Bill,
  FoundItem,
  ForcePreview,
  ForceResult,
  ImageForceResult,
  ImagesAnswer as ImageFigures,
  ImageSyncResult,
  ItemConflict as Conflict,
  ItemField,
  ItemView as Item,
  NotTaken,
  OpenDay as Day,
  Printing,
  SaleLookup,
  SyncResult,
  TerminalStatus as Status,
  WorkProgress,
} from '../../docs/generated/types.js'

export type ConflictingValue = ItemConflict['values'][number]
/** As the page lists and prints it; without its state where it was sealed a moment ago. */
export type Sale = SaleFacts & Partial<SaleView>
export type SaleState = SaleView['state']
/** Who stands on a slip. */
export type Seller = Pick<ShopView, 'name' | 'address' | 'taxId'>
