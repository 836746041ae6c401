import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { Form } from '../../../pages/action.js'
import { put } from '../api.js'
import type { Printing } from '../shapes.js'
import { printing } from '../state/printing.js'
import { t } from '../texts.js'

const MOST_COPIES = 3

/** How slips of this terminal are printed. */
export function PrintingSettings(): VNode {
  const before = printing.value
  if (!before) return <p class="error">{t.value.printingUnknown}</p>
  return <PrintingForm before={before} />
}

function PrintingForm({ before }: { readonly before: Printing }): VNode {
  const form = useRef<HTMLDivElement>(null)
  const [saved, setSaved] = useState('')
  const field = (name: string): HTMLInputElement | undefined =>
    form.current?.querySelector<HTMLInputElement>(`[name=${name}]`) ?? undefined
  const save = async (): Promise<void> => {
    setSaved('')
    const settings: Printing = {
      widthMm: field('width')?.value === '58' ? 58 : 80,
      header: field('header')?.value.trim() ?? '',
      footer: field('footer')?.value.trim() ?? '',
      copies: Number(field('copies')?.value ?? 1),
      autoPrint: field('auto')?.checked ?? false,
      drawerOnCash: field('drawer')?.checked ?? false,
    }
    printing.value = await put<Printing>('/v1/setup/printing', { ...settings })
    setSaved(t.value.saved)
  }
  return (
    <Form submit={save}>
      <div class="fields" ref={form}>
        <label>
          {t.value.paperWidth}{' '}
          <select name="width" defaultValue={String(before.widthMm)}>
            <option value="80" selected={before.widthMm === 80}>
              80 mm
            </option>
            <option value="58" selected={before.widthMm === 58}>
              58 mm
            </option>
          </select>
        </label>
        <label>
          {t.value.slipHeader}{' '}
          <textarea name="header" rows={2} maxLength={500} defaultValue={before.header} />
        </label>
        <label>
          {t.value.slipFooter}{' '}
          <textarea name="footer" rows={2} maxLength={500} defaultValue={before.footer} />
        </label>
        <label>
          {t.value.copies}{' '}
          <input name="copies" type="number" min={1} max={MOST_COPIES} defaultValue={String(before.copies)} />
        </label>
        <label class="inline">
          <input name="auto" type="checkbox" defaultChecked={before.autoPrint} /> {t.value.autoPrint}
        </label>
        <label class="inline">
          <input name="drawer" type="checkbox" defaultChecked={before.drawerOnCash} /> {t.value.drawerOnCash}
        </label>
      </div>
      <p class="buttons">
        <button type="submit" class="primary">
          {t.value.save}
        </button>
        <span role="status">{saved}</span>
      </p>
    </Form>
  )
}
