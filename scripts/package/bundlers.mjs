import { execFileSync } from 'node:child_process'
import { cpSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import * as vite from 'vite'

const program = `import { data, layers, sequential } from 'myelin'
const rows = ['a,b,y\\n0,0,0\\n0,1,1\\n1,0,1\\n1,1,0\\n']
const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] })
model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
model.fit(data.Dataset.fromCsv(rows, { target: 'y' }).batch(2), { verbose: 0 }).then(() => console.log('trained'))
`
const formats = { esm: 'mjs', cjs: 'cjs' }

/** Each bundler bundles a file into a folder as main.mjs or main.cjs, with the library in it or left out as README says. */
const bundlers = {
  esbuild: ({ file, folder, format, external }) =>
    esbuild.build({
      entryPoints: [file],
      outfile: join(folder, `main.${formats[format]}`),
      bundle: true,
      platform: 'node',
      format,
      external: external ? ['myelin'] : [],
      // A CommonJS module has no import.meta; the library does without.
      logOverride: { 'empty-import-meta': 'silent' },
    }),

  async rollup({ file, folder, format, external, library }) {
    const left = (id) => isBuiltin(id) || (external && id === 'myelin')
    const resolve = {
      name: 'resolve',
      resolveId: (id) => (id === 'myelin' && !external ? join(library, 'dist/index.js') : null),
    }
    const bundle = await rollup({ input: file, external: left, plugins: [resolve] })
    const names = { entryFileNames: `main.${formats[format]}`, chunkFileNames: `[name].${formats[format]}` }
    await bundle.write({ dir: folder, format, ...names })
  },

  vite: ({ file, folder, format, external }) =>
    vite.build({
      configFile: false,
      logLevel: 'warn',
      root: join(file, '..'),
      build: {
        ssr: file,
        outDir: folder,
        rollupOptions: {
          output: {
            format: format === 'esm' ? 'es' : 'cjs',
            entryFileNames: `main.${formats[format]}`,
            chunkFileNames: `[name].${formats[format]}`,
          },
        },
      },
      ssr: external ? { external: ['myelin'] } : { noExternal: true },
    }),

  async webpack({ file, folder, format, external, tools }) {
    const webpack = createRequire(join(tools.get('webpack'), 'index.js'))('webpack')
    const module = format === 'esm'
    const stats = await promisify(webpack)({
      mode: 'production',
      target: 'node20',
      context: join(file, '..'),
      entry: file,
      output: {
        path: folder,
        filename: `main.${formats[format]}`,
        chunkFilename: `[name].${formats[format]}`,
        ...(module && { module, library: { type: 'module' }, chunkFormat: 'module' }),
      },
      experiments: { outputModule: module },
      externals: external ? { myelin: 'import myelin' } : {},
    })
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString())
  },
}

/**
 * Bundles a program by each bundler as ES module and as CommonJS, with the library in the bundle and without. In a project where
 * the library is installed each bundle has to run; where it is not, one that has the library in it has to say what to do.
 */
export async function checkBundlers({ project, folder, tools }) {
  const file = join(project, 'program.mjs')
  const library = join(project, 'node_modules/myelin')
  writeFileSync(file, program)
  const whole = []
  for (const [name, bundle] of Object.entries(bundlers)) {
    if (name === 'webpack' && !tools.has(name)) continue
    for (const format of Object.keys(formats))
      for (const external of [true, false]) {
        const out = join(project, 'bundles', `${name}-${format}-${external ? 'without' : 'with'}`)
        await bundle({ file, folder: out, format, external, library, tools })
        const output = outputOf(out, format)
        if (output !== 'trained') throw new Error(`${out} does not run: ${output}`)
        if (!external) whole.push({ out, format })
      }
    console.log(`bundled by ${name}, with the library and without, ES module and CommonJS: ok`)
  }
  renameSync(library, `${library}-away`)
  for (const { out, format } of whole) {
    const moved = join(folder, 'moved', basename(out))
    cpSync(out, moved, { recursive: true })
    const output = outputOf(moved, format)
    if (!/^ERR_PLATFORM .*leave it out of the bundle/.test(output)) throw new Error(`${moved}: ${output}`)
  }
  renameSync(`${library}-away`, library)
  console.log('bundles far from the library: say what to do')
}

/** The output of a bundle, or the error that it ends with. */
function outputOf(folder, format) {
  const url = pathToFileURL(join(folder, `main.${formats[format]}`)).href
  const script = `import(${JSON.stringify(url)}).catch((error) => console.log(error.code, error.message))`
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim()
}
