import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Counted {
  /** Bytes towards the server. */
  readonly up: number
  readonly down: number
}

/** A TCP proxy on loopback that counts what passes. For a run of its own: it costs time. */
export class CountingProxy {
  readonly port: number
  readonly #close: () => void
  readonly #counted: { up: number; down: number }

  private constructor(port: number, counted: { up: number; down: number }, close: () => void) {
    this.port = port
    this.#counted = counted
    this.#close = close
  }

  static async before(target: number): Promise<CountingProxy> {
    const counted = { up: 0, down: 0 }
    const sockets = new Set<Socket>()
    const server = createServer((near) => {
      const far = connect(target, '127.0.0.1')
      for (const [from, to, way] of [
        [near, far, 'up'],
        [far, near, 'down'],
      ] as const) {
        sockets.add(from)
        from.on('data', (bytes: Buffer) => {
          counted[way] += bytes.length
        })
        from.pipe(to)
        from.on('error', () => to.destroy())
        from.on('close', () => {
          sockets.delete(from)
          to.destroy()
        })
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new CountingProxy((server.address() as AddressInfo).port, counted, () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
  }

  get counted(): Counted {
    return { ...this.#counted }
  }

  /** Begins to count anew. */
  reset(): void {
    this.#counted.up = 0
    this.#counted.down = 0
  }

  close(): void {
    this.#close()
  }
}
