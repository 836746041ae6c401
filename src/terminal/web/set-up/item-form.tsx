import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { Form } from '../../../pages/action.js'
import { Dialog } from '../../../pages/dialogs.js'
import type { EditItems } from '../../../docs/generated/types.js'
import { post } from '../api.js'
import { ConflictBlock } from '../conflict.js'
import { readDecimal } from '../decimals.js'
import { plainAmount, readAmount } from '../money.js'
import type { Item } from '../shapes.js'
import { itemOf } from '../state/search.js'
import { t } from '../texts.js'
import { PictureField } from './picture-field.js'

type ItemEdit = EditItems['items'][number]

interface Props {
  /** undefined for one that is new. */
  readonly item: Item | undefined
  readonly close: () => void
}

/** What the catalogue holds of one item. Only what was changed is written, so that others' edits stay. */
export function ItemForm({ item: before, close }: Props): VNode {
  const [item, setItem] = useState(before)
  const form = useRef<HTMLDivElement>(null)
  const typed = (name: string): string =>
    form.current?.querySelector<HTMLInputElement>(`[name=${name}]`)?.value.trim() ?? ''

  const save = async (): Promise<void> => {
    const edit = changesOf(before, {
      sku: before?.sku ?? typed('sku'),
      name: typed('name'),
      price: typed('price'),
      per: typed('per'),
      tax: typed('tax'),
      unit: typed('unit'),
      hsn: typed('hsn'),
      barcodes: typed('barcodes'),
      withdrawn: form.current?.querySelector<HTMLInputElement>('[name=withdrawn]')?.checked ?? false,
    })
    const received = typed('received')
    await post('/v1/items', {
      items: [edit],
      ...(received === ''
        ? {}
        : { received: [{ sku: edit.sku, quantity: readDecimal(received, t.value.quantityWord) }] }),
    })
    close()
  }

  return (
    <Dialog name="item" title={item ? t.value.changeLine(item.name) : t.value.newItem} close={close} wide>
      {item?.conflicts.map((conflict) => (
        <ConflictBlock
          key={conflict.field}
          item={item}
          conflict={conflict}
          settled={() => void itemOf(item.sku).then(setItem)}
        />
      ))}
      {item ? <PictureField item={item} changed={() => void itemOf(item.sku).then(setItem)} /> : null}
      <Form submit={save}>
        <div class="fields" ref={form}>
          {item ? null : <Input name="sku" label={t.value.sku} required focus />}
          <Input name="name" label={t.value.name} value={item?.name} required focus={item !== undefined} />
          <Input
            name="price"
            label={t.value.price}
            value={item ? plainAmount(item.price.minor) : ''}
            required
          />
          <Input name="per" label={t.value.pricePer} value={String(item?.price.per ?? 1)} />
          <Input name="tax" label={t.value.taxSpelling} value={item?.tax} />
          <Input name="unit" label={t.value.unit} value={item?.unit} />
          <Input name="hsn" label={t.value.hsn} value={item?.hsn} />
          <Input name="barcodes" label={t.value.barcodesLabel} value={item?.barcodes.join(' ')} />
          <Input name="received" label={t.value.receivedInAll} value="" />
          <label class="inline">
            <input type="checkbox" name="withdrawn" defaultChecked={item?.withdrawn ?? false} />{' '}
            {t.value.withdrawn}
          </label>
        </div>
        <p class="buttons">
          <button type="submit" class="primary">
            {t.value.save}
          </button>
          <button type="button" onClick={close}>
            {t.value.close}
          </button>
        </p>
      </Form>
    </Dialog>
  )
}

interface InputProps {
  readonly name: string
  readonly label: string
  readonly value?: string | undefined
  readonly required?: boolean
  readonly focus?: boolean
}

function Input({ name, label, value = '', required = false, focus = false }: InputProps): VNode {
  return (
    <label>
      {label}{' '}
      <input
        name={name}
        defaultValue={value}
        required={required}
        maxLength={200}
        autocomplete="off"
        data-focus={focus ? '' : undefined}
      />
    </label>
  )
}

interface Typed {
  readonly sku: string
  readonly name: string
  readonly price: string
  readonly per: string
  readonly tax: string
  readonly unit: string
  readonly hsn: string
  readonly barcodes: string
  readonly withdrawn: boolean
}

/** @throws Error that names what cannot be read */
function changesOf(before: Item | undefined, typed: Typed): ItemEdit {
  const minor = readAmount(typed.price, t.value.priceWord)
  const per = Number(readDecimal(typed.per === '' ? '1' : typed.per, t.value.quantityWord))
  const barcodes = typed.barcodes.split(/\s+/).filter((code) => code !== '')
  const price = per === 1 ? { minor } : { minor, per }
  const samePrice = before?.price.minor === minor && (before.price.per ?? 1) === per
  return {
    sku: typed.sku,
    ...(typed.name === before?.name ? {} : { name: typed.name }),
    ...(samePrice ? {} : { price }),
    ...(typed.tax === (before?.tax ?? '') ? {} : { tax: typed.tax }),
    ...(typed.unit === (before?.unit ?? '') ? {} : { unit: typed.unit }),
    ...(typed.hsn === (before?.hsn ?? '') ? {} : { hsn: typed.hsn }),
    ...(barcodes.join(' ') === (before?.barcodes ?? []).join(' ') ? {} : { barcodes }),
    ...(typed.withdrawn === (before?.withdrawn ?? false) ? {} : { withdrawn: typed.withdrawn }),
  }
}
