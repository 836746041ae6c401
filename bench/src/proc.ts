import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** What Linux tells of a process. Elsewhere nothing is told, and the table says n/a. */

/** Ticks of utime and stime in a second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
/** A process that used less than two ticks in so long does nothing now. */
const IDLE_WINDOW_MS = 250
const IDLE_SECONDS = 0.02
/** What it put off for so long is found as well. */
const IDLE_MS = 3_000
const IDLE_WAIT_MS = 20_000

/** CPU seconds of all its threads until now, or of one of them, user and system. */
export function cpuSeconds(pid: number, thread?: number): number | undefined {
  const stat = read(thread === undefined ? `/proc/${pid}/stat` : `/proc/${pid}/task/${thread}/stat`)
  // The name, in parentheses, may hold spaces.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields && (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Most bytes of memory it ever held (VmHWM). */
export function peakMemory(pid: number): number | undefined {
  return statusBytes(pid, 'VmHWM')
}

/** Bytes of memory it holds (VmRSS). */
export function memory(pid: number): number | undefined {
  return statusBytes(pid, 'VmRSS')
}

function statusBytes(pid: number, name: string): number | undefined {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`) ?? '')
  return match ? Number(match[1]) * 1024 : undefined
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Waits until it does nothing any more: what it put off is work, too.
 * @param idleMs for how long it has to do nothing
 * @returns CPU seconds until then
 */
export async function cpuUntilIdle(pid: number, idleMs = IDLE_MS): Promise<number | undefined> {
  let before = cpuSeconds(pid)
  let idle = 0
  for (let waited = 0; waited < IDLE_WAIT_MS && idle < idleMs; waited += IDLE_WINDOW_MS) {
    await delay(IDLE_WINDOW_MS)
    const now = cpuSeconds(pid)
    if (now === undefined || before === undefined) return now
    idle = now - before < IDLE_SECONDS ? idle + IDLE_WINDOW_MS : 0
    before = now
  }
  return before
}
