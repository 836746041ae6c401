import { join } from 'node:path'
import type { ServerAddress } from '../../contestant.js'
import { CURRENCY, SELLER } from '../../invoices.js'
import type { Product, ProductExport } from './product.js'

interface Control {
  readonly url: string
  readonly token: string
}

/** Where the process that runs over a directory of the product answers this machine's commands, and the secret of them. */
export async function readControl(
  product: Pick<Product, 'readChecked' | 'disk'>,
  dir: string,
): Promise<Control> {
  const control = await product.readChecked(product.disk, join(dir, 'control.json'))
  if (!control) throw new Error(`No process runs over ${dir}`)
  return control as Control
}

/** Asks a relay as its operator's commands do. */
export class RelayOperator {
  readonly #control: Control

  private constructor(control: Control) {
    this.#control = control
  }

  static async at(
    product: Pick<Product, 'readChecked' | 'disk'>,
    { dir }: ServerAddress,
  ): Promise<RelayOperator> {
    return new RelayOperator(await readControl(product, dir))
  }

  async #send<T>(method: 'POST' | 'PUT', path: string, body: object): Promise<T> {
    const { url, token } = this.#control
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  /** Founds a shop of the seller of the invoices; again, it changes nothing. */
  async foundShop(name: string = SELLER.name): Promise<void> {
    const { address, taxId } = SELLER
    await this.#send('PUT', `/v1/admin/shops?name=${encodeURIComponent(name)}`, {
      timeZone: 'UTC',
      currency: CURRENCY,
      address,
      taxId,
    })
  }

  async pairingCode(terminal: string, role: 'till' | 'manager', shop: string = SELLER.name): Promise<string> {
    const { code } = await this.#send<{ code: string }>('POST', '/v1/admin/pairings', {
      shop,
      terminal,
      role,
    })
    return code
  }

  /** All invoices it holds. */
  async export(): Promise<readonly ProductExport[]> {
    const { url, token } = this.#control
    const response = await fetch(`${url}/v1/admin/export?format=json`, {
      headers: { authorization: `Bearer ${token}` },
    })
    if (!response.ok) throw new Error(`The export answered ${response.status} ${await response.text()}`)
    const { invoices } = (await response.json()) as { invoices: ProductExport[] }
    return invoices
  }
}
