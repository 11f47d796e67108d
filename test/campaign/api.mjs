import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Caller } from './api/caller.mjs'
import { Findings } from './api/findings.mjs'
import { loadLibrary } from './api/library.mjs'
import { Runs } from './api/runs.mjs'
import { World } from './api/world.mjs'
import { Random } from './random.mjs'

/** Of a child: how much memory tensors may take, so that what is too large is refused soon. */
export const surroundings = (seed) => ({
  env: { MYELIN_MEMORY: ['64m', '64m', '64m', '2m'][seed % 4], MYELIN_THREADS: '2' },
  flags: ['--expose-gc'],
})

// Node makes these when they are first asked for, by an object that takes what a polluted prototype has for options.
void [process.stdout, process.stderr]

/**
 * Calls every export of the library with right, nearly right and hostile arguments.
 * @param until a time in milliseconds
 * @param count told of each call: begin(entry, description), then (entry, outcome)
 * @throws Error that tells each kind of failure once
 */
export async function slice({ seed, until, count }) {
  const myelin = await loadLibrary()
  const folder = mkdtempSync(join(tmpdir(), 'campaign-api-'))
  process.chdir(folder)
  myelin.setSeed(seed)
  const random = new Random(seed)
  const findings = new Findings()
  const stop = watchProcess(findings)
  try {
    const world = new World(myelin, random)
    // Under a sanitizer all takes longer.
    const slowness = process.env.ASAN_OPTIONS === undefined ? 1 : 4
    const common = { myelin, world, random, findings, count, slowness }
    const [caller, runs] = [new Caller(common), new Runs(common)]
    while (Date.now() < until) {
      for (let i = 0; i < 50 && Date.now() < until; i++) await caller.one()
      for (let i = 0; i < 5 && Date.now() < until; i++)
        await random.pick([() => runs.one(), () => runs.one(), () => runs.withPart(), () => runs.loop()])()
      world.dispose()
    }
  } finally {
    stop()
    process.chdir('/')
    rmSync(folder, { recursive: true })
  }
  findings.throw()
}

/** Takes down warnings, and promises whose errors nobody handles; keeps what is printed to itself. */
function watchProcess(findings) {
  // What the library has to say of a model is no fault of the call.
  const onWarning = (warning) =>
    warning.code?.startsWith('MYELIN_') || findings.add(`a warning: ${warning.message}`, 'in a call before', warning)
  const onRejection = (reason) => findings.add(`an unhandled rejection: ${reason?.message}`, 'in a call before', reason)
  process.on('warning', onWarning)
  process.on('unhandledRejection', onRejection)
  const { write } = process.stdout
  process.stdout.write = () => true
  return () => {
    process.off('warning', onWarning)
    process.off('unhandledRejection', onRejection)
    process.stdout.write = write
  }
}
