import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import chromium from '@sparticuz/chromium'
import { chromium as playwright, type Browser } from 'playwright-core'

/** Of the arguments for small hosts, those that switch off what a real till's browser has are left out. */
const LEFT_OUT = ['--single-process', '--disable-web-security', '--allow-running-insecure-content']
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export async function launchChromium(): Promise<Browser> {
  // The page draws no 3D, so the software that draws it is neither inflated nor started.
  chromium.setGraphicsMode = false
  return playwright.launch({
    executablePath: await inflated(),
    args: [...chromium.args.filter((arg) => !LEFT_OUT.includes(arg)), ...QUIET],
    headless: true,
  })
}

/**
 * The browser comes packed, and takes seconds and 200 MB to inflate: once for each install. Files of tests run side by
 * side, and one must not start what another is still writing, so it appears under its name only when it is whole.
 */
async function inflated(): Promise<string> {
  const home = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '../..')
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string }
  const cache = join(home, '../../.cache')
  const folder = join(cache, `chromium-${version}`)
  if (existsSync(folder)) return join(folder, 'chromium')
  await mkdir(cache, { recursive: true })
  const own = await mkdtemp(`${folder}-`)
  try {
    await inflateInto(own)
    await rename(own, folder)
  } catch (error) {
    await rm(own, { recursive: true, force: true })
    // Another file of tests was quicker.
    if (!existsSync(folder)) throw error
  }
  return join(folder, 'chromium')
}

/** The package inflates to the folder for temporary files, and to no other. */
async function inflateInto(folder: string): Promise<void> {
  const { TMPDIR } = process.env
  process.env['TMPDIR'] = folder
  try {
    await chromium.executablePath()
  } finally {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  }
}
