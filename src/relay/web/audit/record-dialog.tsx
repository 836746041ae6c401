import type { AuditRecord, RecordBody } from '../../../docs/generated/types.js'
import { money, time } from '../format.js'
import { t } from '../messages/language.js'
import { Modal } from '../parts/modal.js'
import { Table } from '../parts/table.js'
import { useAnswer } from '../watch/reading.js'
import { Changes } from './changes.js'
import { amountOf, kindOf, nameOf } from './records.js'

interface Props {
  readonly document: string
  readonly position: number
}

type Shown = AuditRecord['records'][number]

/** One sealed record: what it says, what proves it, and how it came about. */
export function RecordDialog({ document, position }: Props) {
  const answer = useAnswer<AuditRecord>(`/v1/admin/records/${document}/${position}`, 0)
  const [first] = answer?.records ?? []
  return (
    <Modal name="record" title={first ? nameOf(first.facts) : t('audit-record')} wide>
      {answer?.records.map((record) => (
        <OneRecord key={record.facts.hash} record={record} />
      ))}
      {first?.facts.number === undefined ? null : (
        <Changes asked={{ about: first.facts.number, shop: first.facts.shop }} />
      )}
    </Modal>
  )
}

function OneRecord({ record }: { readonly record: Shown }) {
  const { facts, body, signature, key, signed, follows } = record
  const { chain } = body
  return (
    <>
      <dl class="facts">
        <Fact term={t('audit-kind')}>{kindOf(facts)}</Fact>
        <Fact term={t('audit-at')}>{time(facts.at)}</Fact>
        <Fact term={t('audit-by')}>{facts.by}</Fact>
        <Fact term={t('audit-amount')}>{amountOf(facts)}</Fact>
        {facts.detail === undefined ? null : (
          <Fact term={t('audit-detail')}>
            {Object.entries(facts.detail)
              .map(([name, value]) => `${name}: ${value}`)
              .join('; ')}
          </Fact>
        )}
      </dl>
      <Lines body={body} />
      <h3>{t('audit-proof')}</h3>
      <p class={signed && follows !== false ? 'good' : 'error'}>
        {t(signed ? 'audit-signed' : 'audit-not-signed', { terminal: `${chain.terminal}${chain.epoch}` })}{' '}
        {t(follows === null ? 'audit-before-unknown' : follows ? 'audit-follows' : 'audit-follows-not')}{' '}
        {t(facts.custody === 'receipted' ? 'audit-covered' : 'audit-uncovered')}
      </p>
      <dl class="facts">
        <Fact term={t('audit-position')}>{`${chain.terminal}${chain.epoch} ${chain.position}`}</Fact>
        <Fact term={t('audit-hash')}>
          <code>{facts.hash}</code>
        </Fact>
        <Fact term={t('audit-prev')}>
          <code>{chain.prev}</code>
        </Fact>
        <Fact term={t('audit-signature')}>
          <code>{signature}</code>
        </Fact>
        <Fact term={t('audit-key')}>
          <code>{key ?? t('unknown')}</code>
        </Fact>
      </dl>
    </>
  )
}

function Fact({ term, children }: { readonly term: string; readonly children: preact.ComponentChildren }) {
  if (children === '' || children === null) return null
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  )
}

function Lines({ body }: { readonly body: RecordBody }) {
  if (body.type !== 'invoice' && body.type !== 'credit-note') return null
  const { currency, minorDigits } = body.policy
  const spell = (minor: number): string => money(minor, currency, minorDigits)
  return (
    <Table
      caption={t('audit-lines')}
      columns={[
        t('item'),
        t('audit-quantity'),
        t('audit-price'),
        t('audit-override'),
        t('audit-tax'),
        t('audit-amount'),
      ]}
      rows={body.lines.map(({ id, sku, name, quantity, price, override, taxes = [], total }) => ({
        key: id,
        cells: [
          `${name} (${sku})`,
          quantity,
          spell(price.minor) + (price.per === undefined ? '' : ` / ${price.per}`),
          override ? `${spell(override.from.minor)} → ${spell(price.minor)}: ${override.reason}` : '',
          taxes.map((tax) => `${tax.name} ${tax.rate} %: ${spell(tax.minor)}`).join('; '),
          spell(total),
        ],
      }))}
    />
  )
}
