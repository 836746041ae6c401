import type { DocumentId } from '@automerge/automerge-repo'
import { WebSocketServer } from 'ws'
import { describeDocument } from '../docs/naming.js'
import {
  BACKLOG_BYTES,
  FRAME_BYTES,
  FRAME_FRAGMENTS,
  FRAME_PIECES,
  JOIN_MS,
  KEEPALIVE_MS,
  MESSAGES_AT_ONCE,
  MESSAGES_PER_SECOND,
  UNREAD_BYTES,
} from '../protocol/limits.js'
import type { ConnectionLimits } from './gate/connection.js'
import { BoundServerAdapter } from './gate/network.js'
import type { Relay } from './relay.js'

export const CONNECTION_LIMITS: ConnectionLimits = {
  perSecond: MESSAGES_PER_SECOND,
  atOnce: MESSAGES_AT_ONCE,
  backlog: BACKLOG_BYTES,
  join: JOIN_MS,
  unread: UNREAD_BYTES,
}

/** The relay's WebSockets, behind its gate. Sockets come from the upgrade of an HTTP server. */
export function relaySockets(
  relay: Relay,
  limits: ConnectionLimits = CONNECTION_LIMITS,
): { readonly sockets: WebSocketServer; readonly adapter: BoundServerAdapter } {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: FRAME_BYTES,
    maxFragments: FRAME_FRAGMENTS,
    maxBufferedChunks: FRAME_PIECES,
    clientTracking: true,
  } as ConstructorParameters<typeof WebSocketServer>[0])
  const { access, gate, incidents, registry } = relay

  const adapter = new BoundServerAdapter({
    server: sockets,
    limits,
    keepAlive: KEEPALIVE_MS,
    now: () => relay.now().getTime(),
    onBound: (peer) => {
      gate.begin(peer)
      relay.watch.heard(peer)
      relay.watch.changed(peer)
    },
    onGone: (peer) => {
      relay.watch.heard(peer)
      relay.watch.changed(peer)
    },
    onRefused: (peer, { code, reason }, bytes) => {
      void incidents.note({
        kind: 'frame-refused',
        code: String(code),
        reason,
        terminal: peer,
        ...(bytes ? { bytes } : {}),
      })
    },
    reaches: (peer, frame) => {
      const { type } = frame
      const document = frame.documentId as DocumentId
      if (access.access(peer, document)) {
        // Who brings changes names them as its heads; that it made them is known already.
        if ('parts' in frame && frame.parts.changes.length === 0)
          relay.arrivals.has(peer, document, frame.parts.heads)
        relay.touch(document)
        return true
      }
      const name = registry.get(document)
      // Of documents nobody knows there is nothing to protect; terminals ask for them before they were made.
      if (name && type !== 'doc-unavailable') {
        void incidents.note({
          kind: 'not-yours',
          code: 'no-access',
          reason: `it asked for the ${describeDocument(name)}, which is not its own`,
          terminal: peer,
          document,
        })
      }
      return false
    },
    passes: (peer, document, message) =>
      access.mayChange(peer, document) ? gate.passes(peer, document, message) : undefined,
    admit: async (peer, document, message) => {
      const name = registry.get(document)
      // Known when it was let in; it may have been revoked meanwhile.
      if (!name || !access.access(peer, document)) return { is: 'dropped' }
      return gate.admit(peer, document, name, access.mayChange(peer, document), message)
    },
    onFailure: (peer, document, error) =>
      relay.log.error(
        { terminal: peer, document, error: error.message },
        'a message could not be looked into',
      ),
  })
  return { sockets, adapter }
}
