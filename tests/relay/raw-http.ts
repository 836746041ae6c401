import { connect, type Socket } from 'node:net'

export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly type: string
  readonly body: T
}

export interface Asked {
  /** Sent as JSON; bytes and text as they are. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Bearer token. */
  readonly token?: string | undefined
}

/** One HTTP request, whose answer must be JSON. */
export async function ask<T = Record<string, unknown>>(
  url: string,
  method: string,
  path: string,
  { body, headers = {}, token }: Asked = {},
): Promise<Answer<T>> {
  const raw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { body: raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
  })
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, body: (await response.json()) as T }
}

/** Sends bytes to a relay; resolves to what came back when the relay has ended the connection. */
export function exchange(url: string, text: string): Promise<string> {
  return talk(connect({ port: Number(new URL(url).port), host: '127.0.0.1' }), text)
}

/** As {@link exchange}, over a connection that is there. */
export function talk(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = ''
    socket.setEncoding('latin1').on('data', (part: string) => (heard += part))
    socket.on('end', () => resolve(heard))
    socket.on('error', reject)
    socket.write(text, 'latin1')
  })
}

/** A request for a WebSocket. */
export function upgrade(path: string, headers: readonly string[] = []): string {
  const asked = [
    `GET ${path} HTTP/1.1`,
    'Host: relay',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  ]
  return `${asked.join('\r\n')}\r\n\r\n`
}

export const bearer = (token: string): string => `Authorization: Bearer ${token}`
