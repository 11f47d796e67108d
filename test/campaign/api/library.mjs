import { rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The library as the sources are now. It lies in the package while it is loaded, where the addon is looked for. */
export async function loadLibrary() {
  const outfile = `${root}build/test/campaign-${process.pid}.mjs`
  await build({
    absWorkingDir: root,
    entryPoints: ['lib/index.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    keepNames: true,
    logLevel: 'warning',
  })
  try {
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(outfile)
  }
}
