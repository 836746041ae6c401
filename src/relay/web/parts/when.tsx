import { ago, time } from '../format.js'

/** A moment: how long ago, with the time itself for who asks. */
export function When({ at, full = false }: { readonly at: string; readonly full?: boolean }) {
  return (
    <time dateTime={at} title={time(at)}>
      {full ? time(at) : ago(at)}
    </time>
  )
}
