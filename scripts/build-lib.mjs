// Bundles lib/ into dist/: index.js (one file loads four times faster than two hundred), chunks that load on first use, with
// the packages in them, whose licences go along, and index.d.ts.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { bundleTypes } from './bundle-types.mjs'
import { ownMembersOnly } from './own-members.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}/dist`, { recursive: true, force: true })

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['lib/index.ts'],
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  keepNames: true,
  legalComments: 'none',
  metafile: true,
  plugins: [{ name: 'builtins', setup: importBuiltins }],
  logLevel: 'warning',
})
for (const file of Object.keys(metafile.outputs))
  writeFileSync(`${root}/${file}`, ownMembersOnly(readFileSync(`${root}/${file}`, 'utf8')))
writeFileSync(`${root}/dist/third-party-licenses.txt`, licenses(Object.keys(metafile.inputs)))
writeFileSync(`${root}/dist/index.d.ts`, await bundleTypes(root))

/**
 * Calls Node's modules `node:events`, as bundlers of users want it, and turns `require('events')` of a package in CommonJS into an
 * import: an ES module has no require.
 */
function importBuiltins({ onResolve, onLoad }) {
  const namespace = 'builtin'
  onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
    if (!isBuiltin(path)) return undefined
    const name = path.startsWith('node:') ? path : `node:${path}`
    return kind === 'require-call' ? { path: name, namespace } : { path: name, external: true }
  })
  onLoad({ filter: /./, namespace }, ({ path }) => ({
    contents: `import builtin from ${JSON.stringify(path)}; module.exports = builtin`,
  }))
}

/** The licences of the packages that the files belong to. */
function licenses(files) {
  const packages = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean)
  const texts = [...new Set(packages)].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(`${root}/${folder}/package.json`, 'utf8'))
    const file = readdirSync(`${root}/${folder}`).find((entry) => /^licen[cs]e/i.test(entry))
    if (file === undefined) throw new Error(`${folder} has no licence file, so it cannot be bundled`)
    return `${name} ${version}\n\n${readFileSync(`${root}/${folder}/${file}`, 'utf8').trim()}\n`
  })
  return `The files in dist/ contain these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}
