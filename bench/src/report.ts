import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { resultsOf, type BenchDocument } from './document.js'
import { markdownOf } from './markdown.js'
import { REPOSITORY } from './places.js'
import { plotsOf } from './plots.js'
import { shownOf } from './text-table.js'

const BEGIN = '<!-- written by `npm run bench`: begin -->'
const END = '<!-- written by `npm run bench`: end -->'

/** Writes docs/PERFORMANCE.md between its markers, and the plots beside it. @returns the files, from the repository */
export async function writeReport(document: BenchDocument): Promise<string[]> {
  const results = resultsOf(document)
  const plots = plotsOf(results, shownOf(document, results))
  const page = join(REPOSITORY, 'docs', 'PERFORMANCE.md')
  const folder = join(REPOSITORY, 'docs', 'performance')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const { file, svg } of plots) await writeFile(join(folder, file), svg)
  await writeFile(page, between(await readFile(page, 'utf8'), markdownOf(document, plots)))
  return [page, folder].map((path) => relative(REPOSITORY, path))
}

/** The page with the part between its markers replaced; what people wrote around it stays. */
export function between(page: string, content: string): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`docs/PERFORMANCE.md has lost its markers: ${BEGIN} … ${END}`)
  return `${page.slice(0, begin + BEGIN.length)}\n\n${content}\n${page.slice(end)}`
}
