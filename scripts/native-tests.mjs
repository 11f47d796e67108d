// Builds the native tests under the address and undefined-behaviour sanitizers and runs them; the accuracy test, which
// visits tens of millions of values, runs without sanitizers.
// --thread   under the thread sanitizer instead
// --cross    the hashes of aarch64 too, run by qemu-user, which have to equal this machine's
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = new Set(process.argv.slice(2))
let failures = 0

if (!has('cmake')) {
  console.log('cmake is not installed: native tests are left out')
  process.exit(0)
}

const sanitize = wanted.has('--thread') ? 'thread' : 'address,undefined'
const slow = 'accuracy_test'
const sanitized = build(sanitize.replace(',', '-'), [`-DMYELIN_SANITIZE=${sanitize}`])
const plain = build('plain', [])
for (const test of tests().filter((name) => name !== slow)) run(sanitized, test, `under ${sanitize}`)
run(sanitized, 'hash', `under ${sanitize}`, 'keep')
for (const subnormals of ['flush', 'keep']) run(plain, slow, 'without sanitizers', subnormals)

if (wanted.has('--cross')) cross()
process.exitCode = failures === 0 ? 0 : 1

function has(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}

function stopwatch() {
  const start = performance.now()
  return () => ((performance.now() - start) / 1000).toFixed(1)
}

function tests() {
  return readdirSync(`${root}/native/test`)
    .filter((file) => file.endsWith('.cc'))
    .map((file) => file.slice(0, -3))
}

function run(folder, test, how, subnormals = 'flush') {
  const seconds = stopwatch()
  const env = { ...process.env, UBSAN_OPTIONS: 'print_stacktrace=1', MYELIN_SUBNORMALS: subnormals }
  const options = { encoding: 'utf8', env }
  const { status, signal, stdout, stderr } = spawnSync(`${folder}/${test}`, test === 'hash' ? ['compare'] : [], options)
  const result = status === 0 ? 'ok' : `failed (${signal ?? status})`
  console.log(`${test}: ${result}, ${seconds()} s ${how}, subnormals: ${subnormals}`)
  if (status === 0) return
  failures++
  console.log(stdout + stderr)
}

/** Configures and builds; the folder of the executables. */
function build(name, options, target) {
  const folder = `${root}/build-cmake/${name}`
  const jobs = String(availableParallelism())
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] }
  execFileSync('cmake', ['-S', `${root}/native`, '-B', folder, ...options], quiet)
  execFileSync('cmake', ['--build', folder, '-j', jobs, ...(target ? ['--target', target] : [])], quiet)
  return folder
}

/** Instruction set → kernel → hash. */
function hashes(command, args, subnormals) {
  const env = { ...process.env, MYELIN_SUBNORMALS: subnormals }
  const out = execFileSync(command, args, { encoding: 'utf8', env })
  const found = new Map()
  for (const line of out.trim().split('\n')) {
    const [isa, kernel, hash] = line.split(' ')
    if (!found.has(isa)) found.set(isa, new Map())
    found.get(isa).set(kernel, hash)
  }
  return found
}

/** Compares the hashes with those of an aarch64 build under qemu-user, if that is installed. */
function cross() {
  const compiler = 'aarch64-linux-gnu-g++'
  const missing = [compiler, 'qemu-aarch64'].filter((tool) => !has(tool))
  if (missing.length > 0) {
    console.log(`NEON is not compared: ${missing.join(' and ')} not installed`)
    return
  }
  const target = ['-DCMAKE_SYSTEM_NAME=Linux', '-DCMAKE_SYSTEM_PROCESSOR=aarch64', `-DCMAKE_CXX_COMPILER=${compiler}`]
  const folder = build('aarch64', target, 'hash')
  for (const subnormals of ['flush', 'keep']) {
    const emulated = hashes('qemu-aarch64', ['-L', '/usr/aarch64-linux-gnu', `${folder}/hash`], subnormals)
    compare(hashes(`${plain}/hash`, [], subnormals), emulated, subnormals)
  }
}

/** Every instruction set with FMA has to give the bits that AVX2 gives. */
function compare(expected, others, subnormals) {
  const reference = expected.get('avx2') ?? expected.get('neon')
  if (!reference) {
    console.log('nothing to compare with: this processor has neither AVX2 nor NEON')
    return
  }
  for (const [isa, kernels] of others) {
    if (isa === 'baseline') continue
    const different = [...reference].filter(([kernel, hash]) => kernels.get(kernel) !== hash).map(([kernel]) => kernel)
    if (different.length > 0) failures++
    const verdict = different.length === 0 ? 'the same bits' : `different bits in ${different.join(', ')}`
    console.log(`${isa} against this machine, subnormals: ${subnormals}: ${reference.size} kernels, ${verdict}`)
  }
}
