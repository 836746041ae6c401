import type { ServerOptions } from 'node:http'

/** Limits of a terminal's local HTTP server, each with its reason. Bytes, milliseconds, counts. */

/** Name and PIN. Whoever sends it has not proven to be anybody. */
export const SIGN_IN_BODY_BYTES = 4 * 1024

/** A browser sends the cookies of every program of this machine to each, and some set large ones. */
const HEADER_BYTES = 16 * 1024

/** The page and the command send about ten. */
const HEADERS = 100

/** Headers come in one packet, on loopback within a millisecond; the rest is for a machine that swaps. */
const HEADERS_MS = 5_000

/** A body of 2 MiB crosses loopback in milliseconds. Answers, which may take an hour, are not meant. */
const REQUEST_MS = 30_000

/** How often Node looks for requests that are over their time; its own 30 s would make of 5 s up to 35. */
const LOOK_MS = 1_000

/** A page that is used asks again within this; what is idle longer is closed. */
const IDLE_MS = 5_000

/** Six of each window of a browser, and commands. Each holds a file descriptor, of which the till needs some itself. */
export const CONNECTIONS = 100

/** A window that stops reading what it is told is cut off, and begins anew when it is back. */
export const EVENTS_BACKLOG_BYTES = 1024 * 1024

export const SERVER_LIMITS: ServerOptions = {
  maxHeaderSize: HEADER_BYTES,
  headersTimeout: HEADERS_MS,
  requestTimeout: REQUEST_MS,
  keepAliveTimeout: IDLE_MS,
  connectionsCheckingInterval: LOOK_MS,
}

export const SERVER_COUNTS = { maxHeadersCount: HEADERS, maxConnections: CONNECTIONS } as const
