// npm run goldens: makes the files of test/golden anew, by the scripts golden*.py, which need PyTorch, or Keras on JAX or TensorFlow.
// $PYTHON names interpreters, several separated by colons (default python3): each script runs in the first that has its packages.
// Where none has them the script is left out, and it is said what each lacks. Arguments are scripts to run, by default all.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const pythons = (process.env.PYTHON ?? 'python3').split(':')
const root = fileURLToPath(new URL('..', import.meta.url))

const torch = { packages: ['numpy', 'torch'], env: {} }
const jax = { packages: ['numpy', 'keras', 'jax'], env: { KERAS_BACKEND: 'jax' } }
const tensorflow = { packages: ['numpy', 'keras', 'tensorflow'], env: { KERAS_BACKEND: 'tensorflow' } }
const all = [
  ['golden.py', torch],
  ['golden_safetensors.py', { ...torch, packages: [...torch.packages, 'safetensors'] }],
  ['golden_toolbox.py', torch],
  ['golden_torch.py', { ...torch, packages: [...torch.packages, 'safetensors'] }],
  ['golden.py keras', jax],
  ['golden_callbacks.py', jax],
  ['golden_layer_normalization.py', { ...jax, env: { ...jax.env, JAX_ENABLE_X64: '1' } }],
  ['golden_losses.py', jax],
  ['golden_metrics.py', jax],
  ['golden_optim.py', jax],
  ['golden_fit.py', tensorflow],
  ['golden_layers.py', tensorflow],
  ['golden_weights.py', tensorflow],
]
const asked = process.argv.slice(2)
const makers = all.filter(([script]) => asked.length === 0 || asked.includes(script.split(' ')[0]))

const installed = new Map(pythons.map((python) => [python, packagesOf(python)]))
const done = makers.map(([script, { packages, env }]) => {
  const python = pythons.find((one) => lacking(one, packages).length === 0)
  if (python !== undefined) return make(python, script, env)
  console.log(
    `${script}: left out; ${pythons.map((one) => `${one} lacks ${lacking(one, packages).join(', ')}`).join('; ')}`,
  )
  return false
})
process.exitCode = done.every(Boolean) ? 0 : 1

/** Which of the packages an interpreter has. */
function packagesOf(python) {
  const names = [...new Set(makers.flatMap(([, { packages }]) => packages))]
  const code = `from importlib.util import find_spec\nprint(*(n for n in ${JSON.stringify(names)} if find_spec(n)))`
  const { status, stdout } = spawnSync(python, ['-c', code], { encoding: 'utf8' })
  return new Set(status === 0 ? stdout.trim().split(' ') : [])
}

function lacking(python, packages) {
  return packages.filter((name) => !installed.get(python).has(name))
}

function make(python, script, env) {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value} `)
  console.log(`${settings.join('')}${python} scripts/${script}`)
  const [file, ...args] = script.split(' ')
  const options = { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' }
  return spawnSync(python, [`scripts/${file}`, ...args], options).status === 0
}
