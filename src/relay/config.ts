import type { RelayConfig, ShopOptions } from '../docs/generated/types.js'
import { DEFAULT_SHARDS, type ShopSettings } from '../docs/shop.js'
import { Refused } from '../protocol/problem.js'

export type { RelayConfig, ShopOptions } from '../docs/generated/types.js'

/** Every shop option, decided. */
export type DecidedOptions = Required<Omit<ShopOptions, 'address' | 'taxId'>> &
  Pick<ShopOptions, 'address' | 'taxId'>

/** What a shop is founded with where nobody says otherwise. The time zone is the relay's own. */
export function defaultOptions(timeZone: string): DecidedOptions {
  return {
    currency: 'INR',
    minorDigits: 2,
    pricesIncludeTax: false,
    rounding: 'line',
    payableStep: 1,
    timeZone,
    dayStartsAt: '00:00',
    financialYearStart: '04-01',
    othersInvoices: true,
    catalogueShards: DEFAULT_SHARDS,
  }
}

/**
 * The options of a shop: those given now over those of its name in the config over the config's defaults.
 * @throws Refused for a time zone nobody knows
 */
export function decideOptions(
  config: RelayConfig,
  shop: string,
  given: ShopOptions,
  base: DecidedOptions,
): DecidedOptions {
  // The config's shops are looked up as own members only: a shop may be called "constructor".
  const named = config.shops && Object.hasOwn(config.shops, shop) ? config.shops[shop] : undefined
  const decided: DecidedOptions = { ...base, ...config.defaults, ...named, ...given }
  if (!isTimeZone(decided.timeZone)) {
    throw new Refused(
      'invalid',
      'unknown-time-zone',
      `"${decided.timeZone}" is no IANA time zone, such as Asia/Kolkata.`,
    )
  }
  return decided
}

function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}

/** What to write into the shop's document. */
export function settingsFrom(
  options: DecidedOptions,
  shop: {
    readonly id: string
    readonly organisation: string
    readonly name: string
    readonly policyVersion: number
  },
): ShopSettings {
  return {
    id: shop.id,
    organisation: shop.organisation,
    name: shop.name,
    address: options.address,
    taxId: options.taxId,
    calendar: {
      timeZone: options.timeZone,
      dayStartsAt: options.dayStartsAt,
      financialYearStart: options.financialYearStart,
    },
    catalogueShards: options.catalogueShards,
    othersInvoices: options.othersInvoices,
    policy: {
      version: shop.policyVersion,
      currency: options.currency,
      minorDigits: options.minorDigits,
      pricesIncludeTax: options.pricesIncludeTax,
      rounding: options.rounding,
      payableStep: options.payableStep,
    },
  }
}
