// Bundles lib/ into dist/index.js (one file loads four times faster than two hundred) and writes its types.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { ownMembersOnly } from './own-members.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}/dist`, { recursive: true, force: true })

await build({
  absWorkingDir: root,
  entryPoints: ['lib/index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: true,
  sourcesContent: false,
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
})

writeFileSync(`${root}/dist/index.js`, ownMembersOnly(readFileSync(`${root}/dist/index.js`, 'utf8')))

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const types = [
  '--outDir',
  'dist/types',
  '--rootDir',
  'lib',
  '--noEmit',
  'false',
  '--emitDeclarationOnly',
  '--declaration',
]
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', ...types], { cwd: root, stdio: 'inherit' })
