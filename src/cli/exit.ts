import { isSystemError, type SystemError } from '../storage/named-errors.js'
import { asRefused, KINDS } from '../protocol/problem.js'

/** Exit codes, the same for every command. */
export const EXIT = { ok: 0, failure: 1, usage: 2, notFound: 3, notAllowed: 4, invalid: 5, found: 6 } as const

/** What the machine says about a file or address that a person named: the message, and the exit code that fits. */
function told({ code, port, address, hostname, path }: SystemError): readonly [string, number] | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return [
        `Port ${port} of ${address} is in use. Give another one with --port, or 0 for any free one.`,
        EXIT.failure,
      ]
    case 'EADDRNOTAVAIL':
      return [`This machine has no address ${address}. Give another one with --host.`, EXIT.failure]
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [
        `The name ${hostname} could not be looked up. Give an address of this machine with --host.`,
        EXIT.failure,
      ]
    case 'ENOENT':
    case 'ENOTDIR':
      return path === undefined ? undefined : [`There is no file ${path}.`, EXIT.notFound]
    case 'EISDIR':
      return [`${path ?? 'What was named'} is a folder, not a file.`, EXIT.invalid]
    case 'EACCES':
      if (port !== undefined)
        return [`Port ${port} needs more rights. Give one above 1023 with --port.`, EXIT.notAllowed]
      return path === undefined
        ? undefined
        : [`${path} may not be read or written by this account.`, EXIT.notAllowed]
    default:
      return undefined
  }
}

/** The exit code an error ends the command with. */
export function exitCodeOf(error: unknown): number {
  if (isSystemError(error)) return told(error)?.[1] ?? EXIT.failure
  return KINDS[asRefused(error).kind].exit
}

/** An error as a person reads it: what happened to what, and what helps. */
export function messageOf(error: unknown): string {
  return (isSystemError(error) ? told(error)?.[0] : undefined) ?? asRefused(error).message
}
