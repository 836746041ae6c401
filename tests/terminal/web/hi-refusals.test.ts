import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hiRefusals } from '../../../src/terminal/web/texts/hi-refusals.js'
import { BLOCKS } from '../../../src/terminal/blocks.js'

const SOURCES = join(import.meta.dirname, '..', '..', '..', 'src')

async function sources(): Promise<string> {
  const files = await readdir(SOURCES, { recursive: true })
  const own = files.filter((file) => file.endsWith('.ts') && !file.includes('web'))
  return (await Promise.all(own.map((file) => readFile(join(SOURCES, file), 'utf8')))).join('\n')
}

test('what is refused in Hindi is what the agent or the relay refuses: no sentence for a code that is none', async () => {
  const text = await sources()
  const blocks = Object.keys(BLOCKS).map((block) => `blocked-${block}`)
  const unknown = Object.keys(hiRefusals).filter(
    (code) => !text.includes(`'${code}'`) && !blocks.includes(code),
  )
  expect(unknown).toEqual([])
  expect(blocks.filter((block) => hiRefusals[block] === undefined)).toEqual([])
})
