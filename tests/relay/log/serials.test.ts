import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Serials } from '../../../src/relay/log/serials.js'
import { nodeDisk } from '../../../src/storage/disk.js'
import { dayClose, receipt } from './entries.js'

/** How many serials lie between a leaf and the one before: 0 for a leaf that is no receipt, more than 1 after a restore. */
const steps = fc.array(fc.oneof(fc.constant(1), fc.constant(0), fc.integer({ min: 2, max: 9 })), {
  minLength: 1,
  maxLength: 80,
})

test('a receipt is found where it is, and nothing where there is none, whatever lies between', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'counterfoil-serials-'))
  let files = 0
  try {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (between, cut) => {
        const own = join(folder, String((files += 1)))
        await mkdir(own)
        const serials = await Serials.open(own, nodeDisk)
        const places = new Map<number, number>()
        let serial = 0
        const entries = between.map((step, index) => {
          if (step === 0) return dayClose(index + 1)
          serial += step
          places.set(serial, index)
          return receipt(serial)
        })
        await serials.put(0, entries)
        const size = 1 + (cut % entries.length)
        for (let wanted = 1; wanted <= serial + 1; wanted += 1) {
          const place = places.get(wanted)
          expect(await serials.find(wanted, size)).toBe(
            place !== undefined && place < size ? place : undefined,
          )
        }
        await serials.close()
      }),
      { numRuns: 40 },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
