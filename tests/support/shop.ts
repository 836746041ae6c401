import type { Shop } from '../../src/docs/shop.js'
import type { LineInput } from '../../src/docs/pricing.js'

export const SHOP: Shop = {
  id: 'shop_00000000000000000000',
  organisation: 'org_00000000000000000000',
  name: 'Test Shop',
  calendar: { timeZone: 'Asia/Kolkata', dayStartsAt: '00:00', financialYearStart: '04-01' },
  catalogueShards: 4,
  othersInvoices: true,
  policy: {
    version: 1,
    currency: 'INR',
    minorDigits: 2,
    pricesIncludeTax: false,
    rounding: 'line',
    payableStep: 100,
  },
  terminals: new Map(),
}

/** A line of `quantity` pieces at `minor` each, with GST 18 %. */
export function line(id: string, quantity = '1', minor = 10_000): LineInput {
  return {
    id,
    sku: `SKU-${id}`,
    name: `Item ${id}`,
    quantity,
    price: { minor },
    taxes: [
      { name: 'CGST', rate: '9' },
      { name: 'SGST', rate: '9' },
    ],
  }
}
