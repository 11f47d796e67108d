// node test/campaign/run.mjs addon|api|files [--minutes 10] [--seed 1] [--sanitize]
//
// Calls nobody should make, in child processes of some seconds each. A child that is ended by a signal, a sanitizer or V8, that
// fails, or that does not come to its end is a failure, printed with its seed and its last call: `--seed n --minutes 0.01`
// repeats the slice. --sanitize does it with an addon under the address and undefined-behaviour sanitizers.
//
// A campaign is a module here of the first argument's name:
//   slice({ seed, until, count })  makes calls until Date.now() is `until`. Before each of them goes
//                                  count.begin(entry, description), after it count(entry, 'ok', or the error's code or name)
//   prepare()                      if there is one, once before all slices, in this process
//   surroundings(seed)             if there is one, of the child: { env, flags of node, addressSpace in KiB, processes }
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { sanitizedAddon } from './sanitize.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    sanitize: { type: 'boolean', default: false },
  },
})
const [name] = positionals
if (!['addon', 'api', 'files'].includes(name)) {
  console.error('Usage: node test/campaign/run.mjs addon|api|files [--minutes 10] [--seed 1] [--sanitize]')
  process.exit(1)
}

const sliceSeconds = 6
const graceSeconds = values.sanitize ? 90 : 30 // a machine under load, and calls that take long by themselves
const { prepare = () => {}, surroundings = () => ({}) } = await import(`./${name}.mjs`)
await prepare()
const addon = values.sanitize ? sanitizedAddon() : null
const folder = mkdtempSync(join(tmpdir(), 'campaign-'))
chmodSync(folder, 0o755) // for children of another user, see below
const total = { calls: 0, slices: 0, failures: 0, entries: new Map(), outcomes: new Map() }

const end = Date.now() + Number(values.minutes) * 60_000
for (let seed = Number(values.seed); total.slices === 0 || Date.now() < end; seed++) {
  const seconds = Math.max(1, Math.min(sliceSeconds, (end - Date.now()) / 1000))
  const { counts, failure, last, output } = await runSlice(seed, seconds)
  total.slices++
  for (const [entry, outcomes] of Object.entries(counts)) {
    for (const [outcome, n] of Object.entries(outcomes)) {
      total.calls += n
      total.entries.set(entry, (total.entries.get(entry) ?? 0) + n)
      total.outcomes.set(outcome, (total.outcomes.get(outcome) ?? 0) + n)
    }
  }
  if (failure === null) {
    console.log(`seed ${seed}: ok, ${total.calls} calls so far`)
  } else {
    total.failures++
    console.log(`seed ${seed}: FAILED, ${failure}\n  last call: ${last}\n${output.slice(0, 20_000)}`)
  }
}
rmSync(folder, { recursive: true })

const sorted = (map) => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, n]) => `${key} ${n}`)
console.log(`\ncalls: ${total.calls}`)
console.log(`entries reached: ${total.entries.size} (${sorted(total.entries).join(', ')})`)
console.log(`outcomes: ${sorted(total.outcomes).join(', ')}`)
console.log(`slices: ${total.slices}`)
console.log(`failures: ${total.failures}`)
process.exitCode = total.failures === 0 ? 0 : 1

/** One child to its end: what it counted, and what was wrong with it. */
async function runSlice(seed, seconds) {
  const { env = {}, flags = [], addressSpace, processes } = surroundings(seed)
  const [lastFile, countsFile] = ['last', 'counts'].map((file) => join(folder, `${file}-${seed}`))
  for (const file of [lastFile, countsFile]) {
    writeFileSync(file, '')
    chmodSync(file, 0o666)
  }
  const command = [process.execPath, ...flags, join(here, 'child.mjs'), name, seed, seconds, lastFile, countsFile]
  command.unshift(...limits(addressSpace, processes))
  const sanitizer = addon === null ? {} : addon.env
  const child = spawn(command[0], command.slice(1), {
    env: { ...process.env, ...env, ...sanitizer },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
  let hangs = false
  const timer = setTimeout(
    () => {
      hangs = true
      output += stacks(child.pid)
      child.kill('SIGKILL')
    },
    (seconds + graceSeconds) * 1000,
  )
  const [status, signal] = await new Promise((resolve) => child.on('close', (...how) => resolve(how)))
  clearTimeout(timer)
  const counts = readFileSync(countsFile, 'utf8')
  const wrong = hangs
    ? 'it hangs'
    : signal !== null
      ? `ended by ${signal}`
      : status !== 0
        ? `ended with ${status}`
        : counts === ''
          ? 'ended before its time'
          : null
  return {
    counts: counts === '' ? {} : JSON.parse(counts),
    failure: wrong,
    last: readFileSync(lastFile, 'utf8').replaceAll('\0', '').trimEnd(),
    output,
  }
}

/** The command in front of one that is to have less than this process. */
function limits(addressSpace, processes) {
  if (process.platform !== 'linux') return []
  const options = []
  // The shadow of the address sanitizer takes more than any limit allows.
  if (addressSpace !== undefined && !values.sanitize) options.push(`--as=${addressSpace * 1024}`)
  if (processes !== undefined) options.push(`--nproc=${processes}`)
  if (options.length === 0) return []
  // The superuser may have any number of processes; so may be a user whom nobody else is.
  const nobody = 100_000 + process.pid
  const drops = processes !== undefined && process.getuid() === 0
  const user = drops ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : []
  return [...user, 'prlimit', ...options]
}

/** Where each thread of a process is, if there is gdb. */
function stacks(pid) {
  const args = ['-p', pid, '-batch', '-ex', 'thread apply all backtrace 9']
  const { stdout, stderr, error } = spawnSync('gdb', args, { encoding: 'utf8' })
  const state = spawnSync('ps', ['-L', '-o', 'lwp,stat,wchan:32,time,comm', '-p', pid], { encoding: 'utf8' }).stdout
  return `${state}${error === undefined ? stderr + stdout : error}`
}
