import { asRefused, KINDS } from '../protocol/problem.js'

/** Exit codes, the same for every command. */
export const EXIT = { ok: 0, failure: 1, usage: 2, found: 6 } as const

/** The exit code an error ends the command with. */
export function exitCodeOf(error: unknown): number {
  if (isSystemError(error)) return EXIT.failure
  return KINDS[asRefused(error).kind].exit
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error
}

/** An error as a person reads it: what happened to what, and what helps. */
export function messageOf(error: unknown): string {
  if (isSystemError(error)) {
    const { code, port, address, path } = error as NodeJS.ErrnoException & { port?: number; address?: string }
    if (code === 'EADDRINUSE')
      return `Port ${port} of ${address} is in use. Give another one with --port, or 0 for any free one.`
    if (code === 'EADDRNOTAVAIL')
      return `This machine has no address ${address}. Give another one with --host.`
    if (code === 'EACCES' && port !== undefined)
      return `Port ${port} needs more rights. Give one above 1023 with --port.`
    if (code === 'ENOENT' && path !== undefined) return `There is no file ${path}.`
    if (code === 'EACCES' && path !== undefined) return `${path} may not be read or written by this account.`
    if (code === 'EISDIR') return `${path ?? 'What was named'} is a folder, not a file.`
  }
  return asRefused(error).message
}
