import { execFileSync } from 'node:child_process'
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { arch, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { REPOSITORY } from './places.js'
import { median } from './statistics.js'

/** What figures depend on. Tables are only compared where processor and file system are the same. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryBytes: number
  readonly system: string
  readonly node: string
  readonly fileSystem: string
  /** Median of 4 KB written to the end of a file and fsynced, in milliseconds. */
  readonly fsyncMs: number
  /** The commit of this repository, where it is known. */
  readonly commit: string
}

/** @param scratch a folder on the disk that is measured */
export function machineOf(scratch: string): Machine {
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()} ${arch()}`,
    node: process.versions.node,
    fileSystem: fileSystemOf(scratch),
    fsyncMs: fsyncMs(scratch),
    commit: commit(),
  }
}

export function machineText(machine: Machine): string {
  const { processor, cores, memoryBytes, system, node, fileSystem } = machine
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB of memory`
  return `${processor}, ${cores} cores, ${memory}; ${system}; Node ${node}; ${fileSystem}, fsync of 4 KB ${machine.fsyncMs.toFixed(2)} ms`
}

const FSYNCS = 200

function fsyncMs(folder: string): number {
  const path = join(folder, 'fsync')
  const file = openSync(path, 'w')
  const page = Buffer.alloc(4096, 1)
  const samples: number[] = []
  for (let at = 0; at < FSYNCS; at += 1) {
    const begun = performance.now()
    writeSync(file, page)
    fsyncSync(file)
    samples.push(performance.now() - begun)
  }
  closeSync(file)
  rmSync(path)
  return median(samples)
}

/** The type of the file system a folder is on, where Linux tells. */
function fileSystemOf(folder: string): string {
  let mounts: string
  try {
    mounts = readFileSync('/proc/self/mounts', 'utf8')
  } catch {
    return 'unknown file system'
  }
  const found = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, at = '']) => at === '/' || folder === at || folder.startsWith(`${at}/`))
    .sort(([, a = ''], [, b = '']) => b.length - a.length)
  return found[0]?.[2] ?? 'unknown file system'
}

function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: REPOSITORY,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    const changed = git('status', '--porcelain', '--', 'src', 'package-lock.json') !== ''
    return `${git('rev-parse', '--short=10', 'HEAD')}${changed ? ' with changes' : ''}`
  } catch {
    return 'unknown'
  }
}
