// Builds the pages into static files beside the compiled servers that serve them. Names carry no hash: a page and its
// files are always asked for anew (no-cache), and both come from the same build.
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = new URL('../', import.meta.url)
const pages = [
  { folder: 'terminal/web', base: './' },
  { folder: 'relay/web', base: '/web/' },
]
for (const { folder, base } of pages) {
  await build({
    configFile: false,
    root: fileURLToPath(new URL(`src/${folder}/`, root)),
    base,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: fileURLToPath(new URL(`dist/${folder}/`, root)),
      emptyOutDir: true,
      target: 'es2022',
      sourcemap: true,
      // The pages' content policy allows neither data: nor inline scripts.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        output: {
          entryFileNames: '[name].js',
          chunkFileNames: '[name].js',
          assetFileNames: '[name][extname]',
        },
      },
    },
  })
}
