import type { Invoice, InvoiceSpec } from './invoices.js'
import type { CatalogueSpec } from './items.js'

/**
 * What a contestant is to the runner: one server process and one or more terminal processes, real ones, over loopback.
 * Memory, CPU, bytes and disk are measured from outside, in the same way for all; times of a sync inside the terminal.
 */
export interface Contestant {
  /** As it is chosen with `--contestants`, and the name of its folder. */
  readonly name: string
  /** As it stands in tables. */
  readonly title: string
  /** What is weaker or different here than at the floor, for the reader of the table. One sentence or more. */
  readonly notes: readonly string[]
  /** Names and versions of the packages it is made of, read from where they are installed. */
  readonly versions: Readonly<Record<string, string>>
  readonly server: ServerProgram
  /** Path of the module that is forked as a terminal; it calls `serveCommands` of `terminal-process.ts`. */
  readonly terminal: string
  /** How a till is started on a folder with history, for M7; absent where it cannot be measured. */
  readonly till?: TillProgram
  /** What it takes part in. A measure that is not named here is left out, with the reason of {@link reasons}. */
  readonly takes: Readonly<Partial<Record<Task, Most>>>
  /** Why it does not take part in a task, or not with larger numbers; shown below the table. */
  readonly reasons?: Readonly<Partial<Record<Task, string>>>
}

/**
 * - `seal`: M1 · `sync`: M2 to M5 · `sales`: M2 of the real sales file · `storm`: M6 · `cold`: M7 · `catalogue`: M8 · `force`: M9 · `growth`: M10
 */
export type Task = 'seal' | 'sync' | 'sales' | 'storm' | 'cold' | 'catalogue' | 'force' | 'growth'

/** The largest size it is asked for: invoices of a sync or history, terminals of a storm, items of a catalogue. */
export interface Most {
  /** Without it any. */
  readonly size?: number
}

export interface ServerProgram {
  /**
   * Arguments of `node` for a server on this folder. It prints one JSON line when it takes connections. It acknowledges
   * what is durable by its own best means, and comes back on the same folder after SIGKILL; SIGTERM ends it in good order.
   */
  argv(start: { readonly dir: string; readonly port: number }): readonly string[]
  /** The port told by its first line; without this, `{"ready":true,"port":N}`. */
  portOf?(line: string): number
}

export interface TillProgram {
  /** Arguments of `node` for a till on this folder that offers HTTP on loopback, and prints one JSON line when it does. */
  argv(start: { readonly dir: string; readonly server: ServerAddress }): readonly string[]
  /** The request that seals this invoice. Answered with 2xx when it is durable on the terminal's disk. */
  sale(at: { readonly line: string; readonly dir: string; readonly invoice: Invoice }): Promise<TillRequest>
}

/** A POST of a JSON body. */
export interface TillRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface ServerAddress {
  readonly host: string
  readonly port: number
  /** The server's folder: an operator's secret may lie there. Data is never read from it. */
  readonly dir: string
}

/** What a terminal process does when it is told to. Every method is one command over IPC. */
export interface TerminalCommands {
  /** Opens this folder, which may be new, as the terminal named. Not timed. It does not stay connected. */
  open(command: OpenCommand): Promise<void>
  /**
   * Makes these invoices offline, one after the other, each durable before the next.
   * @returns milliseconds of each store call, without what generating the invoice took
   */
  make(command: InvoiceSpec): Promise<{ readonly latenciesMs: readonly number[] }>
  /**
   * Connects and sends all that the server has no word of. Resolves when all of it is **durably stored at the server and
   * the terminal knows it**; where the peer acknowledges earlier, it polls until it is so. Disconnects then.
   * @returns milliseconds from before connecting
   */
  sync(command: Nothing): Promise<Timed>
  /** Reads every invoice back from the server, in its own way; the server was killed and started again before. */
  readBack(command: { readonly server: ServerAddress }): Promise<ReadBack>
  /** M6: opens so many terminals in folders under `dir` and makes each its invoices; terminal t has those from t × each on. */
  prepareStorm?(command: StormCommand): Promise<void>
  /** Lets all of them sync at the same moment. @returns milliseconds until the last knows that all its own is durable there */
  storm?(command: Nothing): Promise<Timed>
  /** M8: puts the catalogue, or with `revision` 1 the changed prices, at the server. Not timed; a process of its own. */
  publish?(command: CatalogueSpec): Promise<void>
  /** M8: fetches the catalogue, or what of it has changed, onto this terminal's disk. Resolves when it is durable here. */
  fetchCatalogue?(command: Nothing): Promise<Timed>
  /** M8: the items on this terminal's disk, without the server. */
  readCatalogue?(command: Nothing): Promise<ReadBack>
  /** M9: hands everything to the server, and deletes here what it has. */
  force?(command: Nothing): Promise<Timed>
  /** Ends in good order; the process is ended after it. */
  close(command: Nothing): Promise<void>
}

export type Command = keyof TerminalCommands
export type Nothing = Readonly<Record<string, never>>

export interface OpenCommand {
  readonly dir: string
  readonly server: ServerAddress
  /** Name of the terminal, such as `T01`; unique at its server. */
  readonly terminal: string
  /** It may change the catalogue. */
  readonly publisher?: boolean
  /** It is to have nothing of the server yet: what comes is timed (M8). */
  readonly fresh?: boolean
}

export interface StormCommand {
  readonly dir: string
  readonly server: ServerAddress
  readonly terminals: number
  /** Invoices of each. */
  readonly each: number
  readonly seed: number
  readonly perDay: number
}

export interface Timed {
  readonly ms: number
}

/** What was read back: the id of each invoice or SKU with the digest of its content (`digestOf`), in any order. */
export interface ReadBack {
  readonly entries: readonly (readonly [id: string, digest: string])[]
}
