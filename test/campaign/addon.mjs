// Every function of the addon, with arguments that fit, nearly fit, and are meant to do harm.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { acts } from './addon-acts.mjs'
import { Random } from './random.mjs'
import { World } from './world.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Once, before all slices: the corpus as one file, in the package, where the addon is looked for. */
export async function prepare() {
  await build({
    absWorkingDir: root,
    entryPoints: ['test/campaign/corpus.ts'],
    outfile: 'build/test/campaign.mjs',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  })
}

export function surroundings(seed) {
  const random = new Random(seed)
  const flags = ['--expose-gc']
  const env = {
    MYELIN_MEMORY: random.pick(['8m', '32m', '256m', '1g']),
    MYELIN_THREADS: random.pick(['1', '2', '3', '7', '64']),
    MYELIN_ISA: random.pick(['', '', 'avx2', 'baseline']),
  }
  switch (seed % 6) {
    case 3:
      return {
        flags,
        env: { ...env, MYELIN_MEMORY: '8g', MYELIN_THREADS: '3' },
        addressSpace: random.pick([1_500_000, 2_000_000, 3_000_000]),
      }
    case 4:
      return { flags, env: { ...env, MYELIN_THREADS: '64' }, processes: 14 + random.below(20) }
    default:
      return {
        flags,
        env: random.once(8) ? { ...env, MYELIN_THREADS: random.pick(['0', '-1', 'x', '1e3', '257']) } : env,
      }
  }
}

export async function slice({ seed, until, count }) {
  const random = new Random(seed)
  const { addressSpace } = surroundings(seed)
  let world
  try {
    world = await World.create({ random, until, count, narrow: addressSpace !== undefined })
  } catch (error) {
    // The addon refuses the environment, or there is no room for a corpus.
    count('load', error.code ?? error.name)
    if (!String(error.code).startsWith('ERR_')) throw error
    return
  }
  const chosen = acts.filter(({ roomy = false }) => !(roomy && world.narrow))
  const weights = chosen.flatMap((act) => Array(act.weight).fill(act))
  while (Date.now() < until) {
    try {
      await random.pick(weights).act(world)
    } catch (error) {
      // JavaScript had no room for its own arrays, or Node got no thread for a worker.
      const short = (world.narrow && error instanceof RangeError) || error.code === 'ERR_WORKER_INIT_FAILED'
      if (!short) throw error
      world.interrupted = true
      await world.settle()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  await world.end()
}
