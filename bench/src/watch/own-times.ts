import type { Profiler } from 'node:inspector'

/** The time a function spent itself, and not in what it called. */
export interface OwnTime {
  /** With its file, where it is not the platform's. */
  readonly what: string
  readonly ms: number
}

/** Not work; and the profiler's own. */
const LEFT_OUT = new Set(['(idle)', 'dispatch'])

/** Own times of some profiles together, the longest first; without the time that nothing of the program ran. */
export function ownTimes(profiles: readonly Profiler.Profile[]): OwnTime[] {
  const times = new Map<string, number>()
  for (const { nodes, samples = [], timeDeltas = [] } of profiles) {
    const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
    for (const [at, id] of samples.entries()) {
      const name = names.get(id) ?? ''
      if (!LEFT_OUT.has(name)) times.set(name, (times.get(name) ?? 0) + (timeDeltas[at] ?? 0) / 1000)
    }
  }
  return [...times].map(([what, ms]) => ({ what, ms })).sort((a, b) => b.ms - a.ms)
}

function nameOf({ functionName, url }: { functionName: string; url: string }): string {
  if (url.includes('.wasm')) return 'Automerge (WebAssembly)'
  const name = functionName || 'anonymous'
  if (url === '' || url.startsWith('node:')) return name
  const own = /\/dist\/(.+)\.js$/.exec(url)
  const dependency = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)
  return `${name}, ${dependency?.[1] ?? own?.[1] ?? url}`
}
