// A small instruction inside a plan, on all threads beside one: what it costs that threads meet.
import { library, native } from '../build.mjs'
import { fastestOnThreads, numbers } from '../measure.mjs'
import { mlpStep } from '../network.mjs'

const { compile, tensor } = library

/** Instructions of a training step, by what `explain` writes of them. */
const instructions = {
  'reluGrad 16384': /reluGrad\(/,
  'batchNormalization 32x512': /batchNormalization\(/,
  'batchNormalization backward 32x512': /batchNormalizationGrad\(/,
  'dense 32x512x10': /\[32, 10\].* = dense\(/,
}

export function* run(settings) {
  const { threads } = native.info()
  for (const size of [4096, 65_536, 1e6]) {
    const { run, length } = additions(size)
    const [besideUs, us] = fastestOnThreads([1, threads], run, settings)
    yield { case: `fork add ${size}`, us: us / length, besideUs: besideUs / length, goal: 1 }
  }
  const [one, all] = profiles([1, threads], settings)
  for (const name of Object.keys(instructions))
    yield { case: `fork ${name}`, us: all[name], besideUs: one[name], goal: 1 }
}

/** Fibonacci's: each sum is read twice, so that no two become one instruction. */
function additions(size) {
  const length = 32
  const sums = compile((a, b) => {
    let [last, next] = [a, b]
    for (let i = 0; i < length; i++) [last, next] = [next, last.add(next)]
    return [last, next]
  })
  const [a, b] = [tensor(numbers(size)), tensor(numbers(size, 2))]
  return { run: () => sums(a, b).forEach((sum) => void sum.dispose()), length }
}

/** For each count of threads the microseconds of the instructions in a step of `mlp`, by the plan's own clock: the least of several. */
function profiles(counts, { quick }) {
  const { threads } = native.info()
  const { run, step, batch } = mlpStep(32)
  const found = counts.map(() => ({}))
  try {
    for (let repetition = 0; repetition < (quick ? 30 : 300); repetition++)
      counts.forEach((count, at) => {
        native.setThreads(count)
        run()
        step.profile()
        for (let i = 0; i < 5; i++) run()
        for (const [name, us] of times(step.explain(...batch))) found[at][name] = Math.min(found[at][name] ?? us, us)
      })
  } finally {
    native.setThreads(threads)
  }
  return found
}

function times(explained) {
  const lines = explained.split('\n')
  return Object.entries(instructions).map(([name, pattern]) => {
    const line = lines.find((line) => pattern.test(line))
    return [name, Number(/([\d.]+) µs/.exec(line)[1])]
  })
}
