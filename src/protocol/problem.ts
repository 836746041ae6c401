import type { Problem } from '../docs/generated/types.js'

/** An error as HTTP tells it: application/problem+json (RFC 9457). */
export type { Problem } from '../docs/generated/types.js'

/** What kind of failure it is, and with it the HTTP status and the exit code of the command. */
export const KINDS = {
  invalid: { status: 400, exit: 5, title: 'Invalid input' },
  unauthenticated: { status: 401, exit: 4, title: 'Not authenticated' },
  forbidden: { status: 403, exit: 4, title: 'Not allowed' },
  notFound: { status: 404, exit: 3, title: 'Not found' },
  conflict: { status: 409, exit: 1, title: 'Not possible now' },
  gone: { status: 410, exit: 4, title: 'No longer valid' },
  tooLarge: { status: 413, exit: 5, title: 'Too large' },
  unsellable: { status: 422, exit: 5, title: 'Cannot be sealed' },
  tooMany: { status: 429, exit: 4, title: 'Too many tries' },
  failed: { status: 500, exit: 1, title: 'Failure' },
  unavailable: { status: 503, exit: 1, title: 'Not available' },
  damaged: { status: 500, exit: 6, title: 'Damage was found' },
  storage: { status: 507, exit: 1, title: 'Storage failure' },
} as const

export type Kind = keyof typeof KINDS

/**
 * An error that is told to whoever asked. `code` names it for programs (`unknown-sku`), the message for people:
 * it names the thing and the remedy.
 */
export class Refused extends Error {
  readonly kind: Kind
  readonly code: string
  readonly extra: Readonly<Record<string, unknown>>
  constructor(kind: Kind, code: string, message: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'Refused'
    this.kind = kind
    this.code = code
    this.extra = extra
  }
}

/** Error classes of the layers below that a user can do something about, by name. */
const KNOWN: ReadonlyMap<string, readonly [Kind, string]> = new Map([
  ['InvalidInput', ['invalid', 'invalid-input']],
  ['BadDecimal', ['invalid', 'invalid-number']],
  ['BadTaxSpec', ['invalid', 'invalid-tax']],
  ['DirectoryInUse', ['conflict', 'directory-in-use']],
  ['DirectoryNewer', ['invalid', 'directory-newer']],
  ['SoftwareTooOld', ['invalid', 'directory-newer']],
  ['DirectoryWrongKind', ['invalid', 'directory-of-another-kind']],
  ['DirectoryNotEmpty', ['invalid', 'directory-not-empty']],
  ['DirectoryNotFound', ['notFound', 'directory-not-found']],
  ['DamagedFile', ['damaged', 'damaged-file']],
  ['RefUncertain', ['damaged', 'reference-uncertain']],
  ['BadReceipt', ['failed', 'bad-receipt']],
  ['StorageReadError', ['storage', 'storage-failed']],
  ['StorageWriteError', ['storage', 'storage-failed']],
  ['SeriesExhausted', ['conflict', 'series-exhausted']],
  ['NothingToClose', ['conflict', 'nothing-to-close']],
  ['ShopIncomplete', ['conflict', 'not-synced-yet']],
  ['UnknownSubject', ['notFound', 'unknown-subject']],
  ['DocumentMissing', ['unavailable', 'document-missing']],
])

/** Any error as a problem; one nobody foresaw says no more than that it happened. */
export function problemFor(error: unknown): Problem {
  const refused = asRefused(error)
  const { status, title } = KINDS[refused.kind]
  return { type: `counterfoil:${refused.code}`, title, status, detail: refused.message, ...refused.extra }
}

export function asRefused(error: unknown): Refused {
  if (error instanceof Refused) return error
  if (!(error instanceof Error)) return new Refused('failed', 'failure', String(error))
  const known = KNOWN.get(error.name)
  if (known) return new Refused(known[0], known[1], error.message)
  if (isPricing(error)) return new Refused('unsellable', 'unsellable', error.message, { reason: error.name })
  return new Refused('failed', 'failure', error.message)
}

function isPricing(error: Error): boolean {
  for (let proto: unknown = error; proto instanceof Error; proto = Object.getPrototypeOf(proto)) {
    if (proto.constructor.name === 'PricingError' || proto.constructor.name === 'TenderError') return true
  }
  return false
}

/** The error a problem document tells of. */
export function refusedFrom(problem: Partial<Problem>, status: number): Refused {
  const kinds = (Object.keys(KINDS) as Kind[]).filter((candidate) => KINDS[candidate].status === status)
  // Two kinds share a status; the title tells them apart.
  const kind = kinds.find((candidate) => KINDS[candidate].title === problem.title) ?? kinds[0] ?? 'failed'
  const code = problem.type?.startsWith('counterfoil:')
    ? problem.type.slice('counterfoil:'.length)
    : 'failure'
  const { type: _type, title: _title, status: _status, detail: _detail, ...extra } = problem
  return new Refused(kind, code, problem.detail ?? problem.title ?? `HTTP status ${status}`, extra)
}
