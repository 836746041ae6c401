import type { Request, Response } from 'express'
import { entriesAsOf, invoicesAsOf, type View } from '../docs/as-of.js'
import type { AsOfResponse, HistoryResponse } from '../docs/generated/types.js'
import type { SortKey } from '../docs/order.js'
import { subjectOf, UnknownSubject, type Shelf } from '../docs/shelf.js'
import type { Subject } from '../docs/subject.js'
import { SUBJECT_KINDS, type SubjectKind } from '../docs/subject-kinds.js'
import { timeline, type Filter, type TimelineLine } from '../docs/timeline.js'
import { queryOf } from './http.js'
import { Refused } from './problem.js'
import { limitOf } from './queries.js'
import { sendJsonList } from './streams.js'

/** Lines that are made at a time where all are asked for. */
const AT_ONCE = 500

/**
 * Answers a question for history: a page where a limit is given, else everything, as it is made.
 * @throws Refused, UnknownSubject
 */
export async function answerHistory(request: Request, response: Response, shelf: Shelf): Promise<void> {
  const about = queryOf(request, 'about')
  const filter = filterOf(request, shelf)
  const cursor = keyOf(queryOf(request, 'cursor'))
  const isPaged = queryOf(request, 'limit') !== undefined
  const limit = isPaged ? limitOf(request) : AT_ONCE
  const subject = await subjectOf(shelf, about, subjectKindOf(request))
  const first = await timeline(shelf, subject, filter, cursor, limit)
  if (first.lines.length === 0 && about !== undefined && cursor === undefined)
    await mustBeKnown(shelf, subject, about, filter)
  if (!isPaged) return sendJsonList(response, 'history', linesFrom(shelf, subject, filter, first))
  const answer: HistoryResponse = {
    history: [...first.lines],
    ...(first.next ? { next: cursorOf(first.next) } : {}),
  }
  response.json(answer)
}

async function* linesFrom(
  shelf: Shelf,
  subject: Subject,
  filter: Filter,
  first: Awaited<ReturnType<typeof timeline>>,
): AsyncGenerator<TimelineLine> {
  for (let page = first; ; page = await timeline(shelf, subject, filter, page.next, AT_ONCE)) {
    yield* page.lines
    if (!page.next) return
  }
}

/** Nothing on the first page may be the filter's doing. @throws UnknownSubject */
async function mustBeKnown(shelf: Shelf, subject: Subject, about: string, filter: Filter): Promise<void> {
  if (subject.kind === 'terminal' || subject.kind === 'shop') return
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  const all = isFiltered ? await timeline(shelf, subject, {}, undefined, 1) : undefined
  if (!all || all.lines.length === 0) throw new UnknownSubject(about)
}

/**
 * What was known of something at a moment, and to whom.
 * @param own the view that is meant where none is named
 * @throws Refused, UnknownSubject
 */
export async function asOf(request: Request, shelf: Shelf, own: View): Promise<AsOfResponse> {
  const at = instantOf(request, 'at')
  if (at === undefined) throw invalid('Say as of when: at=2026-04-01T12:00:00Z.')
  const view = viewOf(queryOf(request, 'view'), shelf, own)
  const about = queryOf(request, 'about')
  const subject = await subjectOf(shelf, about, subjectKindOf(request))
  const cursor = queryOf(request, 'cursor')
  const limit = limitOf(request)
  const head = { at: new Date(at).toISOString(), view: view.of === 'relay' ? 'relay' : view.code }
  if (subject.kind === 'everything' || subject.kind === 'shop' || subject.kind === 'terminal') {
    const { found, unknown, next } = await invoicesAsOf(shelf, subject, view, at, cursor, limit)
    return { ...head, invoices: [...found], unknown, ...(next === undefined ? {} : { next }) }
  }
  const { found, unknown, next } = await entriesAsOf(shelf, subject, view, at, cursor, limit)
  if (found.length === 0 && about !== undefined && cursor === undefined)
    await mustBeKnown(shelf, subject, about, {})
  return { ...head, entries: [...found], unknown, ...(next === undefined ? {} : { next }) }
}

function viewOf(text: string | undefined, shelf: Shelf, own: View): View {
  if (text === undefined || text === (own.of === 'relay' ? 'relay' : own.code)) return own
  if (own.of === 'terminal')
    throw invalid(`A terminal tells what it knew itself. Ask the relay for the view "${text}".`)
  const terminal = shelf.terminal(text)
  if (!terminal) throw new Refused('notFound', 'unknown-terminal', `There is no terminal "${text}" here.`)
  return { of: 'terminal', ...terminal }
}

function subjectKindOf(request: Request): SubjectKind | undefined {
  const text = queryOf(request, 'kind')
  const kind = SUBJECT_KINDS.find((one) => one === text)
  if (text !== undefined && !kind) throw invalid(`kind must be one of: ${SUBJECT_KINDS.join(', ')}.`)
  return kind
}

function filterOf(request: Request, shelf: Shelf): Filter {
  const terminal = queryOf(request, 'terminal')
  const filter = {
    person: queryOf(request, 'person'),
    terminal: terminal === undefined ? undefined : (shelf.terminal(terminal)?.code ?? terminal),
    from: instantOf(request, 'from'),
    to: instantOf(request, 'to'),
  }
  if (filter.from !== undefined && filter.to !== undefined && filter.from > filter.to)
    throw invalid('from is after to.')
  return filter
}

/** A moment, RFC 3339; milliseconds since 1970. */
function instantOf(request: Request, name: string): number | undefined {
  const text = queryOf(request, name)
  if (text === undefined) return undefined
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)
  const at = isInstant ? Date.parse(text) : NaN
  if (Number.isNaN(at))
    throw invalid(`${name} must be a moment as 2026-04-01T12:00:00Z or 2026-04-01T17:30:00+05:30.`)
  return at
}

function cursorOf({ clock, depth, document, change, edit }: SortKey): string {
  return Buffer.from(JSON.stringify([clock, depth, document, change, edit])).toString('base64url')
}

function keyOf(cursor: string | undefined): SortKey | undefined {
  if (cursor === undefined) return undefined
  const [clock, depth, document, change, edit] = partsOf(cursor)
  if (
    typeof clock === 'number' &&
    typeof depth === 'number' &&
    typeof document === 'string' &&
    typeof change === 'string' &&
    typeof edit === 'number'
  )
    return { clock, depth, document, change, edit }
  throw invalid('cursor must be the `next` of the page before.')
}

function partsOf(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

function invalid(reason: string): Refused {
  return new Refused('invalid', 'invalid-query', reason)
}
