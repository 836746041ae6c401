/** Limits of what is sent between terminal and relay, each with its reason. Bytes, milliseconds, counts. */

/** A JSON body names at most 2,000 documents of about 300 bytes. */
export const JSON_BODY_BYTES = 2 * 1024 * 1024

/** A sync message carries a whole day book or catalogue shard at most; 10,000 invoices came to 2 MB. */
export const FRAME_BYTES = 64 * 1024 * 1024

/** Documents named in one request for receipts: one receipt is one signature over all of them. */
export const RECEIPT_DOCUMENTS = 500

/** One part of a bundle upload. After a cut at most this much is sent again. */
export const UPLOAD_PART_BYTES = 4 * 1024 * 1024

/** A bundle names its documents in one line; 20,000 names of 300 bytes. */
export const MANIFEST_BYTES = 8 * 1024 * 1024

/** One document of a bundle has to fit in memory when it is merged. */
export const BUNDLE_DOCUMENT_BYTES = 256 * 1024 * 1024

/** How long a nonce can be answered: a signature takes a millisecond, a slow network seconds. */
export const NONCE_LIFE_MS = 10_000

/** From ticket to WebSocket upgrade: one round trip. */
export const TICKET_LIFE_MS = 30_000

/** A session outlives a long upload; a terminal that is still there connects again. */
export const SESSION_LIFE_MS = 60 * 60_000

/** Nonces, tickets and sessions kept at once: a thousand terminals that all try several times. */
export const OUTSTANDING = 20_000

/** A pairing code is typed by a person who stands at the till. */
export const PAIRING_LIFE_MS = 10 * 60_000

/** A typing error or two; the sixth try finds no code any more. */
export const PAIRING_TRIES = 5

/** How long one request for receipts waits at the relay for changes that are on their way. */
export const CUSTODY_WAIT_MS = 10_000

/** A peer that sends nothing, not even a pong, for so long is gone. */
export const KEEPALIVE_MS = 15_000
