import type { ComponentChildren, VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Action } from '../../pages/action.js'
import { confirmed, Dialog, openDialog } from '../../pages/dialogs.js'
import { bytes, dateTime } from '../../pages/format.js'
import { useAnswer } from '../../pages/use-answer.js'
import { get, messageOf } from './api.js'
import { amount } from './money.js'
import type { ForcePreview, ImageFigures } from './shapes.js'
import { status, waitingSales } from './state/status.js'
import { outcome, running } from './state/work.js'
import { forceData, forceImages, markSynced, syncData, syncImages } from './sync-work.js'
import { t } from './texts.js'
import { WorkBar, WorkOutcome } from './work-bar.js'

export function openAdvancedSync(): void {
  void openDialog((close) => <AdvancedSync close={close} />)
}

/** The window “Advanced Sync”: what each of its buttons would do now, in numbers, before it does it. */
function AdvancedSync({ close }: { readonly close: () => void }): VNode {
  const [keepCatalogue, setKeep] = useState(true)
  // What has ended, was sealed, or was marked changes the figures.
  const ended = [outcome.value, status.value]
  const force = useAnswer(() => forceFigures(keepCatalogue), [keepCatalogue, ...ended])
  const images = useAnswer(imageFigures, ended)
  const rests = running.value?.own ?? false

  return (
    <Dialog name="advanced-sync" title={t.value.advancedTitle} close={close} wide>
      <LastSync />
      <p class="error" role="alert">
        {force.error || images.error}
      </p>
      <Deed
        name={t.value.forceData}
        about={force.value ? forceSentence(force.value, keepCatalogue) : t.value.counting}
        rests={rests || !force.value}
        work={() => askToForce(keepCatalogue)}
      >
        <label class="inline">
          <input
            type="checkbox"
            id="keep-catalogue"
            checked={keepCatalogue}
            onChange={(event) => setKeep(event.currentTarget.checked)}
          />{' '}
          {t.value.keepCatalogue}
        </label>
      </Deed>
      <Deed
        name={t.value.syncDataNow}
        about={t.value.syncDataNowAbout(waitingSales.value, status.value?.unreceipted.documents ?? 0)}
        rests={rests}
        work={() => syncData(t.value.syncDataNow)}
      />
      <Deed
        name={t.value.forceImages}
        about={images.value ? forceImagesSentence(images.value) : t.value.counting}
        rests={rests || !images.value}
        work={askToForceImages}
      />
      <Deed
        name={t.value.syncImages}
        about={images.value ? syncImagesSentence(images.value) : t.value.counting}
        rests={rests || !images.value}
        work={syncImages}
      />
      <Deed
        name={t.value.markSynced}
        about={t.value.markSyncedAbout(waitingSales.value)}
        rests={rests}
        work={askToMark}
      />
      <WorkBar id="advanced-work" />
      <WorkOutcome id="advanced-result" />
      <p class="buttons">
        <button type="button" data-focus onClick={close}>
          {t.value.close}
        </button>
      </p>
    </Dialog>
  )
}

function LastSync(): VNode | null {
  const told = status.value
  if (!told) return null
  const { lastSync, markedSynced, force, images } = told
  return (
    <div id="advanced-dates">
      <p>{lastSync === null ? t.value.neverSynced : t.value.lastSync(dateTime(lastSync))}</p>
      {images ? (
        <p>
          {images.lastSync === null
            ? t.value.imagesNeverSynced
            : t.value.imagesLastSync(dateTime(images.lastSync))}
        </p>
      ) : null}
      {markedSynced === null ? null : <p>{t.value.markedRemark(dateTime(markedSynced))}</p>}
      {force && force.state !== 'purged' ? (
        <p>{t.value.forceGoesOn(dateTime(force.startedAt), force.state)}</p>
      ) : null}
    </div>
  )
}

interface DeedProps {
  readonly name: string
  /** One sentence: what it will do, with the numbers concerned. */
  readonly about: string
  readonly rests: boolean
  readonly work: () => Promise<void>
  readonly children?: ComponentChildren
}

function Deed({ name, about, rests, work, children }: DeedProps): VNode {
  return (
    <div class="deed">
      <div class="buttons">
        <Action disabled={rests} work={work}>
          {name}
        </Action>
        {children}
      </div>
      <p>{about}</p>
    </div>
  )
}

const forceFigures = (keepCatalogue: boolean): Promise<ForcePreview> =>
  get(`/v1/force/preview?keepCatalogue=${keepCatalogue}`)

const imageFigures = (): Promise<ImageFigures> => get('/v1/images')

function forceSentence(preview: ForcePreview, keepCatalogue: boolean): string {
  const { invoices, creditNotes, payable, documents, bytesAbout, deletes } = preview
  return t.value.forceAbout({
    invoices,
    creditNotes,
    value: amount(payable),
    documents,
    size: bytes(bytesAbout),
    deletes,
    keepCatalogue,
  })
}

function syncImagesSentence({ unreceipted, wanted }: ImageFigures): string {
  return t.value.syncImagesAbout(
    unreceipted.count,
    bytes(unreceipted.bytes),
    wanted.count,
    bytes(wanted.bytes),
  )
}

function forceImagesSentence({ here, unreceipted }: ImageFigures): string {
  return t.value.forceImagesAbout(unreceipted.count, bytes(unreceipted.bytes), here.count, bytes(here.bytes))
}

async function askToForce(keepCatalogue: boolean): Promise<void> {
  let sentences: string[]
  try {
    // What is on the screen may be a moment old, and this is about deleting.
    const force = await forceFigures(keepCatalogue)
    const cut = status.value?.force
    sentences = [
      ...(cut && cut.state !== 'purged' ? [t.value.forceGoesOn(dateTime(cut.startedAt), cut.state)] : []),
      t.value.forceSends(force.invoices, force.creditNotes, amount(force.payable), force.unreceipted),
      t.value.forceDeletes(force.deletes),
      t.value.forceBillsStay(force.openBills),
      keepCatalogue ? t.value.forceCatalogueStays : t.value.forceCatalogueGoes,
    ]
  } catch (error) {
    outcome.value = { good: false, sentences: [messageOf(error)] }
    return
  }
  const sure = await confirmed({
    name: 'force-data',
    title: `${t.value.forceData}?`,
    sentences,
    yes: t.value.forceYes,
    no: t.value.notNow,
  })
  if (sure) await forceData(keepCatalogue)
}

async function askToForceImages(): Promise<void> {
  let sentence: string
  try {
    sentence = forceImagesSentence(await imageFigures())
  } catch (error) {
    outcome.value = { good: false, sentences: [messageOf(error)] }
    return
  }
  const sure = await confirmed({
    name: 'force-images',
    title: `${t.value.forceImages}?`,
    sentences: [sentence, t.value.forceImagesStay],
    yes: t.value.forceYes,
    no: t.value.notNow,
  })
  if (sure) await forceImages()
}

/** It deletes nothing; but who presses it must not think that it sends something. */
async function askToMark(): Promise<void> {
  const sure = await confirmed({
    name: 'mark-synced',
    title: `${t.value.markSynced}?`,
    sentences: [t.value.markSyncedAbout(waitingSales.value)],
    yes: t.value.markYes,
    no: t.value.notNow,
  })
  if (sure) await markSynced()
}
