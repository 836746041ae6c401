import { signal } from '@preact/signals'
import { useState } from 'preact/hooks'
import type { Verdict } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'
import { number } from '../format.js'
import { t, type Key } from '../messages/language.js'
import { Button } from '../parts/button.js'
import { Choice, TextField } from '../parts/field.js'
import { Table } from '../parts/table.js'

const FORMATS = ['records', 'gstr1', 'saft', 'dsfinvk'] as const

/** What was found last; kept while other parts are looked at. */
const verdict = signal<Verdict | undefined>(undefined)

/** Whether everything verifies, and a signed bundle to have that verified by somebody else. */
export function Proof() {
  return (
    <>
      <h3>{t('audit-verify')}</h3>
      <p>{t('audit-verify-what')}</p>
      <Button
        kind="main"
        work={async () => {
          verdict.value = undefined
          verdict.value = await ask<Verdict>('GET', '/v1/admin/verification')
        }}
      >
        {t('audit-verify')}
      </Button>
      <div role="status">{verdict.value ? <Result verdict={verdict.value} /> : null}</div>
      <h3>{t('audit-export')}</h3>
      <p>{t('audit-export-what')}</p>
      <Export />
    </>
  )
}

function Result({
  verdict: { verified, records, receipts, chains, findings, leftOut, notes },
}: {
  readonly verdict: Verdict
}) {
  const counts = { records: number(records), receipts: number(receipts), chains: number(chains.length) }
  return (
    <>
      <p class={verified ? 'good' : 'error'}>
        {verified
          ? t('audit-verified', counts)
          : t('audit-not-verified', { count: number(findings.length + leftOut) })}
      </p>
      {findings.length === 0 ? null : (
        <Table
          caption={t('audit-findings')}
          columns={[t('audit-kind'), t('audit-what'), t('audit-depends')]}
          rows={findings.map(({ code, sentence, depends }, index) => ({
            key: `${index}`,
            cells: [code, sentence, depends ? `${depends.from}–${depends.to}` : ''],
          }))}
        />
      )}
      <Table
        caption={t('audit-chains')}
        columns={[
          t('audit-chain'),
          t('audit-first'),
          t('audit-last'),
          t('audit-receipted-up-to'),
          t('audit-first-bad'),
        ]}
        rows={chains.map(({ terminal, epoch, first, last, receiptedUpTo, firstBad }) => ({
          key: `${terminal}${epoch}`,
          cells: [
            `${terminal}${epoch}`,
            number(first),
            number(last),
            number(receiptedUpTo),
            firstBad === 0 ? '' : number(firstBad),
          ],
        }))}
      />
      {notes.length === 0 ? null : (
        <ul>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  )
}

/** A link: the browser saves what comes, however much it is. */
function Export() {
  const [format, setFormat] = useState('records')
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const query = new URLSearchParams({ format })
  if (from.trim() !== '') query.set('from', from.trim())
  if (to.trim() !== '') query.set('to', to.trim())
  return (
    <div class="row">
      <Choice label={t('audit-format')} value={format} onValue={setFormat}>
        {FORMATS.map((one) => (
          <option key={one} value={one}>
            {t(`format-${one}` satisfies Key)}
          </option>
        ))}
      </Choice>
      <TextField
        name="export-from"
        label={t('audit-from')}
        value={from}
        onValue={setFrom}
        hint={t('audit-day-hint')}
        most={10}
      />
      <TextField
        name="export-to"
        label={t('audit-to')}
        value={to}
        onValue={setTo}
        hint={t('audit-day-hint')}
        most={10}
      />
      <a class="button" download href={`/v1/admin/bundle?${query}`}>
        {t('audit-download')}
      </a>
    </div>
  )
}
