import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The module that child processes and workers import: entry.ts as one file. It lies in the package, where the addon is looked for. */
export const bundle = `${root}build/test/index.mjs`

/** Run once by vitest, before all tests. */
export default async function setup(): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: ['test/helpers/entry.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  })
}
