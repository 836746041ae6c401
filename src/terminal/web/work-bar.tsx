import type { VNode } from 'preact'
import { bytes } from '../../pages/format.js'
import { Action } from '../../pages/action.js'
import { cancelWork, outcome, running } from './state/work.js'
import type { WorkProgress } from './shapes.js'
import { t } from './texts.js'

/** The sync work that runs: how far it is, and the way to end it. */
export function WorkBar({ id }: { readonly id: string }): VNode | null {
  const work = running.value
  if (!work) return null
  const { name, progress, own, cancelling } = work
  const share = progress === undefined ? undefined : progress.total === 0 ? 1 : progress.done / progress.total
  return (
    <div id={id} class="work">
      <label for={`${id}-bar`} id={`${id}-text`}>
        {cancelling
          ? t.value.cancelling(name)
          : progress
            ? figures(name, progress)
            : t.value.workConnecting(name)}
      </label>
      {/* A bar that has been given a value keeps it, unless it is another element. */}
      {share === undefined ? (
        <progress key="unknown" id={`${id}-bar`} max={1} />
      ) : (
        <progress key="known" id={`${id}-bar`} max={1} value={share} />
      )}
      {own ? (
        <Action work={cancelWork} disabled={cancelling}>
          {t.value.cancelWork}
        </Action>
      ) : null}
    </div>
  )
}

function figures(name: string, { phase, done, total, unit = 'documents' }: WorkProgress): string {
  const of = unit === 'bytes' ? t.value.bytesOf(bytes(done), bytes(total)) : t.value.documentsOf(done, total)
  const phases: Readonly<Record<string, string>> = t.value.phases
  return `${name}: ${phases[phase] ?? phase}, ${of}`
}

/** How the last work ended: what is at the relay, what is not, and why. */
export function WorkOutcome({ id }: { readonly id: string }): VNode {
  const ended = outcome.value
  return (
    <div id={id} class={`result${ended?.good === false ? ' bad' : ''}`} role="status">
      {ended?.sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  )
}
