import { connect, createServer, type Server, type Socket } from 'node:net'

/** The wire between terminals and a relay: it counts what passes, and can hold it back. */
export class Wire {
  readonly url: string
  /** Told of each piece that passes. */
  onPiece: () => void = () => undefined
  readonly #server: Server
  readonly #sockets: Set<Socket>
  /** Bytes that may still pass, both ways together. */
  #budget = Number.POSITIVE_INFINITY
  #holding: () => void = () => undefined
  #held: (() => void)[] = []

  private constructor(server: Server, sockets: Set<Socket>, url: string) {
    this.#server = server
    this.#sockets = sockets
    this.url = url
  }

  static async to(port: number): Promise<Wire> {
    const sockets = new Set<Socket>()
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address !== 'object' || !address) throw new Error('The wire has no address')
    const wire = new Wire(server, sockets, `http://127.0.0.1:${address.port}`)
    server.on('connection', (near) => {
      const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      wire.#pass(near, far)
      wire.#pass(far, near)
    })
    return wire
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('data', (piece) => {
      this.onPiece()
      const passes = piece.subarray(0, Math.max(0, this.#budget))
      this.#budget -= piece.length
      to.write(passes)
      if (this.#budget >= 0) return
      from.pause()
      this.#held.push(() => {
        to.write(piece.subarray(passes.length))
        from.resume()
      })
      this.#holding()
    })
    from.on('end', () => this.#inTurn(() => to.end()))
    from.on('error', () => to.destroy())
    from.on('close', () => this.#sockets.delete(from))
  }

  #inTurn(step: () => void): void {
    if (this.#budget >= 0) step()
    else this.#held.push(step)
  }

  /** Lets so many bytes more pass and then nothing; resolves when it holds something back. */
  holdAfter(bytes: number): Promise<void> {
    this.#budget = bytes
    return new Promise((resolve) => {
      this.#holding = resolve
    })
  }

  /** Lets everything pass again, what was held first. */
  release(): void {
    this.#budget = Number.POSITIVE_INFINITY
    for (const step of this.#held.splice(0)) step()
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
