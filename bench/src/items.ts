import { Random } from './random.js'

/** The items of a store: what invoices sell, and what a catalogue lists. */
export interface Item {
  readonly sku: string
  readonly name: string
  /** Minor units, without tax. */
  readonly price: number
  /** Percent: half of it each to the centre and the state. */
  readonly tax: number
  readonly unit: string
  readonly hsn: string
  readonly barcode: string
}

export interface CatalogueSpec {
  readonly seed: number
  readonly items: number
  /** 0: as it was first. 1: with the prices of one item in a hundred changed. */
  readonly revision: 0 | 1
}

const GOODS: readonly (readonly [name: string, hsn: string, tax: number, unit: string, price: number])[] = [
  ['tea', '0902', 5, 'pkt', 14_500],
  ['filter coffee', '0901', 5, 'pkt', 11_000],
  ['sugar', '1701', 5, 'kg', 4_800],
  ['basmati rice', '1006', 5, 'bag', 64_000],
  ['wheat flour', '1101', 5, 'bag', 26_500],
  ['toor dal', '0713', 5, 'kg', 16_800],
  ['sunflower oil', '1512', 5, 'l', 14_200],
  ['cow ghee', '0405', 12, 'jar', 33_500],
  ['butter', '0405', 12, 'pkt', 5_600],
  ['mixed pickle', '2001', 12, 'jar', 9_900],
  ['fruit juice', '2009', 12, 'l', 12_000],
  ['almonds', '0802', 12, 'pkt', 42_500],
  ['biscuits', '1905', 18, 'pkt', 3_000],
  ['milk chocolate', '1806', 18, 'bar', 4_500],
  ['noodles', '1902', 18, 'pkt', 5_600],
  ['bath soap', '3401', 18, 'bar', 4_200],
  ['shampoo', '3305', 18, 'btl', 13_000],
  ['toothpaste', '3306', 18, 'tube', 9_500],
  ['detergent', '3402', 18, 'pkt', 21_000],
  ['ball pens', '9608', 18, 'pack', 6_000],
  ['LED bulb', '8539', 18, 'pc', 9_900],
  ['AA batteries', '8506', 18, 'pack', 12_000],
]

const MAKERS = ['Asha', 'Konkan', 'Nila', 'Deccan', 'Ganga', 'Moti', 'Sona', 'Surya', 'Tara', 'Vani']
const SIZES = ['', '100 g', '250 g', '500 g', '1 kg', '2 kg', '200 ml', '1 l', '4 pcs', '10 pcs']

/** Streams of the random numbers, so that an item is the same whatever invoice sells it. */
const ITEM_STREAM = 1
const CHANGE_STREAM = 2

/** The item of a place in the catalogue. */
export function itemAt(seed: number, place: number): Item {
  const random = new Random(seed, ITEM_STREAM, place)
  const [good, hsn, tax, unit, price] = random.pick(GOODS)
  const size = random.pick(SIZES)
  return {
    sku: String(100_000 + place),
    name: `${random.pick(MAKERS)} ${good}${size === '' ? '' : ` ${size}`}`,
    price: Math.round((price * random.between(60, 140)) / 100),
    tax,
    unit,
    hsn,
    barcode: `8901${String(place).padStart(9, '0')}`,
  }
}

/** A catalogue in the order of its SKUs. */
export function* catalogueOf({ seed, items, revision }: CatalogueSpec): Generator<Item> {
  for (let place = 0; place < items; place += 1) {
    const item = itemAt(seed, place)
    yield revision === 1 && isChanged(place)
      ? { ...item, price: changedPrice(seed, place, item.price) }
      : item
  }
}

/** The items whose price revision 1 changes, with the new price. */
export function* priceChangesOf({ seed, items }: Pick<CatalogueSpec, 'seed' | 'items'>): Generator<Item> {
  for (let place = 0; place < items; place += 1) {
    const item = itemAt(seed, place)
    if (isChanged(place)) yield { ...item, price: changedPrice(seed, place, item.price) }
  }
}

/** One in a hundred, spread over the catalogue. */
function isChanged(place: number): boolean {
  return place % 100 === 37
}

function changedPrice(seed: number, place: number, price: number): number {
  return price + new Random(seed, CHANGE_STREAM, place).between(1, 999)
}
