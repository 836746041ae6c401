import { useId, useRef, useState } from 'preact/hooks'
import type { FleetRow, PairingResponse } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'
import { t } from '../messages/language.js'
import { useWork } from '../parts/button.js'
import { Choice, TextField } from '../parts/field.js'
import { Modal } from '../parts/modal.js'
import { rows, shopName, shops } from '../state/fleet.js'
import { PairingCode } from './pairing-code.js'

/** Makes a pairing code, and tells when it was used. @param row the terminal that is to be paired again */
export function PairDialog({ row }: { readonly row?: FleetRow }) {
  const [shop, setShop] = useState(row ? shopName(row.shop) : '')
  const [terminal, setTerminal] = useState(row?.name ?? '')
  const [role, setRole] = useState<PairingResponse['role']>(row?.role ?? 'till')
  const [made, setMade] = useState<PairingResponse>()
  const before = useRef<string | undefined>(undefined)
  const [form, list] = [useId(), useId()]
  const find = (): FleetRow | undefined =>
    [...rows.value.values()].find((one) => one.name === terminal && shopName(one.shop) === shop)
  const { run, busy } = useWork(async () => {
    before.current = find()?.epoch
    setMade(await ask<PairingResponse>('POST', '/v1/admin/pairings', { body: { shop, terminal, role } }))
  })
  const isPaired = made !== undefined && find() !== undefined && find()?.epoch !== before.current
  return (
    <Modal
      name="pair"
      title={row ? t('pair-again') : t('pair')}
      actions={
        made ? null : (
          <button type="submit" form={form} class="main" aria-busy={busy}>
            {t('make-code')}
          </button>
        )
      }
    >
      {made ? (
        <PairingCode pairing={made} isPaired={isPaired} />
      ) : (
        <>
          <p>{t(row ? 'pair-again-what' : 'pair-what')}</p>
          <form
            id={form}
            class="narrow"
            onSubmit={(event) => {
              event.preventDefault()
              void run()
            }}
          >
            <TextField label={t('shop')} value={shop} onValue={setShop} list={list} required />
            <datalist id={list}>
              {[...shops.value.values()].map(({ id, name }) => (
                <option key={id} value={name} />
              ))}
            </datalist>
            <TextField label={t('terminal')} value={terminal} onValue={setTerminal} required />
            <Choice
              label={t('role')}
              value={role}
              onValue={(value) => setRole(value as PairingResponse['role'])}
            >
              <option value="till">{t('role-till')}</option>
              <option value="manager">{t('role-manager')}</option>
            </Choice>
          </form>
        </>
      )}
    </Modal>
  )
}
