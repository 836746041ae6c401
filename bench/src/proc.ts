import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** What Linux tells of a process. Elsewhere nothing is told, and the table says n/a. */

/** Ticks of utime and stime in a second; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
/** A process that used less than two ticks in so long is idle. */
const IDLE_WINDOW_MS = 250
const IDLE_SECONDS = 0.02
const IDLE_WAIT_MS = 8_000

/** CPU seconds of all its threads until now, user and system. */
export function cpuSeconds(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`)
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

/** Waits until it does nothing any more: what it put off is work, too. @returns CPU seconds until then */
export async function cpuUntilIdle(pid: number): Promise<number | undefined> {
  let before = cpuSeconds(pid)
  for (let waited = 0; waited < IDLE_WAIT_MS; waited += IDLE_WINDOW_MS) {
    await delay(IDLE_WINDOW_MS)
    const now = cpuSeconds(pid)
    if (now === undefined || before === undefined || now - before < IDLE_SECONDS) return now
    before = now
  }
  return before
}
