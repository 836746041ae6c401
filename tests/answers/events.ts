/** Server-sent events as they come, each waited for by its name. */
export interface Events {
  /** Resolves when an event of this name has come. */
  next(name: string): Promise<void>
  close(): void
}

export async function listen(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Events> {
  const ending = new AbortController()
  const response = await fetch(url, { headers, signal: ending.signal })
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}`)
  const came = new Set<string>()
  const waiting = new Map<string, () => void>()
  void read(response, (name) => {
    came.add(name)
    waiting.get(name)?.()
  }).catch(() => undefined)
  return {
    next: (name) => new Promise((resolve) => (came.has(name) ? resolve() : waiting.set(name, resolve))),
    close: () => ending.abort(),
  }
}

async function read(response: Response, onEvent: (name: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of response.body ?? []) {
    text += decoder.decode(part, { stream: true })
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('event: ')) onEvent(line.slice('event: '.length))
  }
}
