import type { ExportKeys, KeyUsed } from '../generated/types.js'
import type { Findings } from './findings.js'

/** The public keys that whoever verifies has from elsewhere, and trusts. */
export interface GivenKeys {
  readonly relay?: string | undefined
  /** By terminal code and epoch: `T07A`. */
  readonly terminals: ReadonlyMap<string, string>
}

export const NO_KEYS: GivenKeys = { terminals: new Map() }

/** Which key a chain or receipt is verified with, and why that one. */
export class Trust {
  readonly #given: GivenKeys
  readonly #found: ExportKeys
  readonly #isVouched: boolean
  readonly #used = new Map<string, KeyUsed>()

  /** @param isVouched whether the relay, with the key that was given, signed the keys found */
  constructor(given: GivenKeys, found: ExportKeys, isVouched: boolean) {
    this.#given = given
    this.#found = found
    this.#isVouched = isVouched
  }

  relayKey(): string | undefined {
    return this.#use('relay', this.#given.relay, this.#found.relay?.key, false)
  }

  terminalKey(code: string, epoch: string): string | undefined {
    const of = `${code}${epoch}`
    const found = this.#found.terminals.find((entry) => entry.code === code && entry.epoch === epoch)
    return this.#use(of, this.#given.terminals.get(of), found?.key, this.#isVouched)
  }

  #use(
    of: string,
    given: string | undefined,
    found: string | undefined,
    isVouched: boolean,
  ): string | undefined {
    const key = given ?? found
    if (key !== undefined)
      this.#used.set(of, {
        of,
        key,
        trust: given !== undefined ? 'given' : isVouched ? 'vouched' : 'untrusted',
      })
    return key
  }

  /** @returns the keys that were used */
  end(findings: Findings): KeyUsed[] {
    for (const { relay, terminals } of [this.#given]) {
      if (relay !== undefined && this.#found.relay && this.#found.relay.key !== relay)
        findings.add(
          'keys-differ',
          {},
          'The relay’s key found beside the records is not the one that was given.',
        )
      for (const { code, epoch, key } of this.#found.terminals) {
        const given = terminals.get(`${code}${epoch}`)
        if (given !== undefined && given !== key)
          findings.add(
            'keys-differ',
            { terminal: code, epoch },
            `The key of ${code}${epoch} found beside the records is not the one that was given.`,
          )
      }
    }
    const used = [...this.#used.values()]
    const untrusted = used.filter(({ trust }) => trust === 'untrusted').map(({ of }) => of)
    if (untrusted.length > 0) {
      findings.add(
        'untrusted-key',
        {},
        `Nobody vouches for the key of ${untrusted.join(', ')}: it was found beside what it is to prove. Get it from elsewhere and give it, such as --key ${untrusted[0]}=<key>.`,
      )
    }
    return used
  }
}
