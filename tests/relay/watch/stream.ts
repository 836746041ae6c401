/** Server-sent events, read as a page would. */
export class Stream {
  readonly status: number
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly #abort: AbortController
  #text = ''

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status
    this.#reader = response.body?.getReader()
    this.#abort = abort
  }

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<Stream> {
    const abort = new AbortController()
    const response = await fetch(`${url}/v1/admin/events`, { headers, signal: abort.signal })
    return new Stream(response, abort)
  }

  /** The next event of this name; undefined once the stream has ended. */
  async next<T>(name: string): Promise<T | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end >= 0) {
        const block = this.#text.slice(0, end)
        this.#text = this.#text.slice(end + 2)
        const [, event, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
        if (event === name) return JSON.parse(data) as T
        continue
      }
      const { value, done } = (await this.#reader?.read()) ?? { done: true }
      if (done) return undefined
      this.#text += Buffer.from(value ?? []).toString()
    }
  }

  close(): void {
    this.#abort.abort()
  }
}
