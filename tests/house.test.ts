import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'src')

/** Which rooms a room may look into; its own always. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  docs: [],
  storage: [],
  pages: ['docs'],
  protocol: ['docs'],
  terminal: ['docs', 'protocol', 'storage', 'pages'],
  evidence: ['docs', 'protocol', 'storage'],
  relay: ['docs', 'protocol', 'storage', 'pages', 'evidence'],
  cli: ['docs', 'protocol', 'storage', 'evidence', 'terminal', 'relay'],
  'cli.ts': ['docs', 'protocol', 'storage', 'evidence', 'terminal', 'relay', 'cli'],
}

/** Modules of Node that reach outside; the documents must not. */
const OUTSIDE = /^(node:)?(fs|net|http|https|child_process|os|process|timers|worker_threads|dgram|tls)(\/|$)/

interface Import {
  readonly file: string
  readonly from: string
  readonly target: string
}

function roomOf(path: string): string {
  return relative(source, path).split('/')[0] ?? ''
}

function importsIn(file: string, text: string): Import[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, target = '']) => ({
    file,
    from: roomOf(file),
    target: target.startsWith('.') ? resolve(dirname(file), target) : target,
  }))
}

function breaches(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, target }) => {
      if (!target.startsWith('/')) return from === 'docs' && OUTSIDE.test(target)
      const room = roomOf(target)
      return room !== from && !(ARROWS[from] ?? []).includes(room)
    })
    .map(
      ({ file, target }) =>
        `${relative(root, file)} imports ${target.startsWith('/') ? relative(root, target) : target}`,
    )
}

async function sources(): Promise<Import[]> {
  const names = (await readdir(source, { recursive: true })).filter((name) => /\.tsx?$/.test(name))
  const files = await Promise.all(
    names.map(async (name) => importsIn(join(source, name), await readFile(join(source, name), 'utf8'))),
  )
  return files.flat()
}

describe('the house', () => {
  test('arrows between rooms run one way, and the documents reach nothing outside', async () => {
    const imports = await sources()
    expect(imports.length).toBeGreaterThan(300)
    expect(breaches(imports)).toEqual([])
  })

  test('a breach would be found', () => {
    const inDocs = importsIn(
      join(source, 'docs/x.ts'),
      `import fs from 'node:fs'\nimport { y } from '../relay/y.js'`,
    )
    const inTerminal = importsIn(join(source, 'terminal/x.ts'), `const { y } = await import('../relay/y.js')`)
    expect(breaches([...inDocs, ...inTerminal])).toHaveLength(3)
  })

  test('the documents ask for no time and no randomness of their own', async () => {
    const names = (await readdir(join(source, 'docs'))).filter((name) => /\.tsx?$/.test(name))
    for (const name of names) {
      const text = await readFile(join(source, 'docs', name), 'utf8')
      expect(text, name).not.toMatch(/Date\.now\(|new Date\(\)|Math\.random|randomBytes|randomUUID/)
    }
  })
})
