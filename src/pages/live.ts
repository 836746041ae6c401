/** What a server tells a page by itself: a listener for each name of its events, called with the event's JSON. */
export type EventListeners = Readonly<Record<string, (data: never) => void>>

export interface LiveOptions {
  readonly path: string
  readonly listeners: EventListeners
  /** The stream broke; the browser tries again by itself. */
  readonly lost: () => void
}

/** Where the browser gives up by itself, it is asked again after this. Milliseconds. */
const AGAIN_MS = 2_000

/** Listens until the function it returns is called. */
export function listen({ path, listeners, lost }: LiveOptions): () => void {
  let source: EventSource
  let again: ReturnType<typeof setTimeout> | undefined
  const open = (): void => {
    source = new EventSource(path)
    for (const [name, listener] of Object.entries(listeners))
      source.addEventListener(name, (event: MessageEvent<string>) =>
        listener(JSON.parse(event.data) as never),
      )
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS)
      lost()
    })
  }
  open()
  return () => {
    clearTimeout(again)
    source.close()
  }
}
