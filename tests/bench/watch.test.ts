import { describe, expect, test } from 'vitest'
import { ownTimes } from '../../bench/src/watch/own-times.js'
import { profileMarkdown, profileText } from '../../bench/src/watch/text.js'
import type { Profile } from '../../bench/src/watch/watch.js'

const frame = (functionName: string, url = '') => ({
  functionName,
  url,
  scriptId: '0',
  lineNumber: 0,
  columnNumber: 0,
})

describe('own times', () => {
  test('are of what a function spent itself, over all profiles, without idling', () => {
    const profile = {
      startTime: 0,
      endTime: 0,
      nodes: [
        { id: 1, callFrame: frame('(root)'), children: [2, 3] },
        { id: 2, callFrame: frame('(idle)') },
        { id: 3, callFrame: frame('readRecord', 'file:///x/dist/docs/record.js'), children: [4] },
        { id: 4, callFrame: frame('', 'file:///x/node_modules/@automerge/automerge-repo/dist/Repo.js') },
        { id: 5, callFrame: frame('wasm-function[7]', 'wasm://x/automerge_wasm.wasm') },
      ],
      samples: [2, 3, 4, 3, 5],
      timeDeltas: [9_000, 2_000, 4_000, 1_000, 500],
    }
    expect(ownTimes([profile, profile])).toEqual([
      { what: 'anonymous, @automerge/automerge-repo', ms: 8 },
      { what: 'readRecord, docs/record', ms: 6 },
      { what: 'Automerge (WebAssembly)', ms: 1 },
    ])
  })
})

const PROFILE: Profile = {
  trial: 'M2, 10,000',
  process: 'server',
  cpu: 1.5,
  mainCpu: 0.5,
  written: 2_000_000,
  syncs: 12,
  main: [
    { what: 'a', ms: 30 },
    { what: 'b', ms: 10 },
  ],
  workers: [],
}

test('a report tells CPU, fsyncs, bytes, and the functions by their share', () => {
  expect(profileText([PROFILE])).toContain(
    'M2, 10,000, server: 1.50 s of CPU, 0.50 s of it on the main thread, 12 fsyncs, 2.00 MB written to the disk\n  main thread: 75 % a · 25 % b\n',
  )
  expect(profileMarkdown([PROFILE]).at(-2)).toBe(
    '| M2, 10,000, server | 1.50 s of CPU, 0.50 s of it on the main thread, 12 fsyncs, 2.00 MB written to the disk | 75 % a · 25 % b | — |',
  )
  expect([profileText([]), profileMarkdown([])]).toEqual(['', []])
})
