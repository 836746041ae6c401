/** A bill that cannot be priced as it stands. The message names the place and the remedy. */
export class PricingError extends Error {
  /** The id of the line at fault; absent when it is the bill as a whole. */
  readonly line?: string
  constructor(name: string, message: string, line?: string) {
    super(message)
    this.name = name
    if (line !== undefined) this.line = line
  }
}

export class EmptyBill extends PricingError {
  constructor() {
    super('EmptyBill', 'The bill has no lines. Add an item first.')
  }
}

/** More lines or different taxes than a sealed record can hold. */
export class BillTooLarge extends PricingError {
  readonly limit: number
  constructor(what: string, count: number, limit: number) {
    super('BillTooLarge', `The bill has ${count} ${what}; an invoice holds at most ${limit}. Split the bill.`)
    this.limit = limit
  }
}

export class BadQuantity extends PricingError {
  readonly quantity: string
  constructor(line: string, quantity: string) {
    super(
      'BadQuantity',
      `Line "${line}" has the quantity "${quantity}". Give a number above 0 and below 10,000,000, such as 1 or 0.25; to take goods back, make a credit note.`,
      line,
    )
    this.quantity = quantity
  }
}

export class BadPrice extends PricingError {
  constructor(line: string, reason: string) {
    super('BadPrice', `The price of line "${line}" cannot be used: ${reason}. Give it another price.`, line)
  }
}

export class BadTax extends PricingError {
  constructor(line: string, reason: string) {
    super(
      'BadTax',
      `The tax of line "${line}" cannot be used: ${reason}. Correct the item's tax and add it to the bill again.`,
      line,
    )
  }
}

/** A discount that is no amount and no percentage of 0 or more. */
export class BadDiscount extends PricingError {
  constructor(line: string | undefined, reason: string) {
    const place = line === undefined ? 'of the bill' : `of line "${line}"`
    super(
      'BadDiscount',
      `The discount ${place} cannot be used: ${reason}. Give another one or take it off.`,
      line,
    )
  }
}

export class DiscountTooLarge extends PricingError {
  /** What was asked for, as a plain text: `12.00` or `120 %`. */
  readonly discount: string
  constructor(line: string | undefined, discount: string, most: string) {
    const place = line === undefined ? 'of the bill' : `of line "${line}"`
    super('DiscountTooLarge', `The discount ${place} is ${discount}. Lower it to ${most} or less.`, line)
    this.discount = discount
  }
}

/** An amount above 2^53 − 1 minor units, beyond which a number is no longer exact. */
export class AmountTooLarge extends PricingError {
  /** The amount in minor units. A text, because JSON has no numbers of this size. */
  readonly amount: string
  constructor(amount: bigint, what: string, line?: string) {
    const place = line === undefined ? what : `${what} of line "${line}"`
    super(
      'AmountTooLarge',
      `The ${place} comes to ${amount} minor units, more than can be counted exactly. Check quantities and prices, or split the bill.`,
      line,
    )
    this.amount = String(amount)
  }
}
