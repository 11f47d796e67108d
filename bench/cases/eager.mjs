// Cost of one small op: the way into the addon and back, and the tape.
import { setImmediate } from 'node:timers/promises'
import { library } from '../build.mjs'
import { fastest, numbers } from '../measure.mjs'

const { tensor, tidy } = library

const repeats = 100

export async function* run(settings) {
  const a = tensor(numbers(16))
  const b = tensor(numbers(16, 2))
  const adds = () =>
    tidy(() => {
      for (let i = 0; i < repeats; i++) a.add(b)
    })
  yield { case: 'eager add 16', us: fastest(adds, settings) / repeats }
  yield { case: 'eager add 16 outside tidy', us: await outside(() => a.add(b), settings) }

  const x = tensor(numbers(16), [16], { requiresGrad: true })
  const step = () =>
    tidy(() => {
      x.mul(b).relu().sum().backward()
      x.zeroGrad()
    })
  yield { case: 'eager mul-relu-sum-backward 16', us: fastest(step, settings) }
}

/** Outside `tidy` the collector frees tensors, between turns of the event loop; its work is counted. */
async function outside(f, { quick }) {
  const calls = 2000
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < (quick ? 20 : 100); i++) {
    const start = performance.now()
    for (let j = 0; j < calls; j++) f()
    await setImmediate()
    best = Math.min(best, ((performance.now() - start) * 1000) / calls)
  }
  return best
}
