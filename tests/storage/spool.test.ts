import { expect, test } from 'vitest'
import { FileSpool } from '../../src/storage/spool.js'

test('a spool gives its lines back as often as it is asked, whatever their length', () => {
  const spool = new FileSpool()
  const lines = Array.from({ length: 2_000 }, (_, index) => `${index} ü✓ ${'x'.repeat((index * 37) % 1_500)}`)
  lines.push('y'.repeat(700_000), '', 'the last')
  for (const line of lines) spool.add(line)
  expect([...spool.lines()]).toEqual(lines)
  spool.add('and one more')
  expect([...spool.lines()]).toEqual([...lines, 'and one more'])
  spool.close()
})
