import v8 from 'node:v8'

// Node 20 aborts now and then in long loops over WebAssembly calls that were inlined. To be imported before Automerge is.
if (process.versions.node.startsWith('20.')) v8.setFlagsFromString('--no-turbo-inline-js-wasm-calls')
