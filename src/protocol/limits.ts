/** Limits of what is sent between terminal and relay, each with its reason. Bytes, milliseconds, counts. */

/** A JSON body names at most 2,000 documents of about 300 bytes. */
export const JSON_BODY_BYTES = 2 * 1024 * 1024

/** A JSON body of who has not proven anything yet, or of a person: a few names and keys. */
export const SMALL_BODY_BYTES = 64 * 1024

/** A sync message carries a whole day book or catalogue shard at most; 10,000 invoices came to 2 MB. */
export const FRAME_BYTES = 32 * 1024 * 1024

/** Fragments of one message, and pieces it may come in: honest clients send one fragment, networks cut it up. */
export const FRAME_FRAGMENTS = 64
export const FRAME_PIECES = 64 * 1024

/** Chunks in one sync message or bundle document: one for each change of two full day books. */
export const MESSAGE_CHUNKS = 20_000

/**
 * Where a day book has this many records, or bytes of them, its next part begins: however busy the day, each part can be
 * sent, read and checked within the limits of a message.
 */
export const BOOK_RECORDS = 10_000
export const BOOK_BYTES = 8 * 1024 * 1024

/** Bytes of one sync message or bundle document when it is unfolded: four times a full day book. */
export const MESSAGE_INFLATED_BYTES = 4 * BOOK_BYTES

/** Bytes of one change when it is inflated: a sale of 5,000 lines, the most a record holds, has 2 MB. */
export const CHANGE_BYTES = 8 * 1024 * 1024

/** Rows of one when it is unfolded: operations and changes. A catalogue shard of 600 items, edited 100 times each, has 360,000. */
export const MESSAGE_ROWS = 500_000

/** Messages a socket may send in a second, and at once: a first sync has a few for each document. */
export const MESSAGES_PER_SECOND = 500
export const MESSAGES_AT_ONCE = 5_000

/** Bytes of one socket that are being looked into. Beyond it is not read from until there is less. */
export const BACKLOG_BYTES = 48 * 1024 * 1024

/** From the upgrade to the join, which a client sends with its first packet. */
export const JOIN_MS = 10_000

/** Bytes a terminal may leave unread when the next message is due; it connects again and goes on. */
export const UNREAD_BYTES = 32 * 1024 * 1024

/** Documents named in one request for receipts: one receipt is one signature over all of them. */
export const RECEIPT_DOCUMENTS = 500

/** One part of a bundle upload. After a cut at most this much is sent again. */
export const UPLOAD_PART_BYTES = 4 * 1024 * 1024

/** One part of an image upload or download: small enough to be got through a bad line in one go. */
export const IMAGE_PART_BYTES = 256 * 1024

/** Bytes of all images of one shop: a picture of 30 kB for each of a hundred thousand items. */
export const SHOP_IMAGES_BYTES = 4 * 1024 * 1024 * 1024

/** Images named in one request for receipts: each receipt is a signature. */
export const IMAGES_AT_ONCE = 100

/** Bytes of day books a terminal sends in one request: the relay checks one while the next is under way. */
export const BOOKS_AT_ONCE_BYTES = 512 * 1024

/** The head of a day book in such a request: a name, and up to 1,000 heads of 67 bytes. */
export const BOOK_HEAD_BYTES = 96 * 1024

/** Documents asked for in one pull: a catalogue has some dozens. */
export const PULL_DOCUMENTS = 500

/** One document in the answer: as much as automerge-repo may send in one message. Larger ones are left to it. */
export const PULL_DOCUMENT_BYTES = FRAME_BYTES

/** The head of a document in the answer: an id, a reason, and up to 1,000 heads of 67 bytes. */
export const PULL_HEAD_BYTES = 96 * 1024

/** Bytes of documents a terminal keeps in memory before it stores them, all in one go. */
export const PULL_STORE_BYTES = 8 * 1024 * 1024

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

/** Day books of one terminal: two a day for 27 years, or a new part every few minutes of a day that goes wrong. */
export const TERMINAL_DAY_BOOKS = 20_000

/** Bills documents of one shop, one a day: ten years. */
export const SHOP_BILLS = 4_000
