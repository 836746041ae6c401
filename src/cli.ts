#!/usr/bin/env node
import v8 from 'node:v8'

// Node 20 aborts now and then in long loops through WebAssembly unless this inlining is off; later ones do not.
if (process.versions.node.startsWith('20.')) v8.setFlagsFromString('--no-turbo-inline-js-wasm-calls')

// Libraries that talk to the console must not talk into our data.
console.log = console.info = console.debug = console.error

const { EXIT } = await import('./cli/exit.js')
const { runProgram } = await import('./cli/program.js')

// Whoever reads our output may stop reading: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
  throw error
})
// Whoever stops reading our messages still wants the work done.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

await runProgram(process.argv.slice(2))
