// One piece of work on 1, 2, 4, 8 and 16 threads, as far as the machine has them.
import { library, native } from '../build.mjs'
import { fastestOnThreads, numbers } from '../measure.mjs'
import { mlpStep } from '../network.mjs'

const { matmul, tensor, tidy } = library

export function* run(settings) {
  const counts = [1, 2, 4, 8, 16].filter((count) => count <= native.info().threads)
  for (const [name, f] of Object.entries(work())) {
    const us = fastestOnThreads(counts, f, settings)
    yield* counts.map((threads, i) => ({
      case: `scaling ${name}`,
      threads,
      us: us[i],
      efficiency: us[0] / (threads * us[i]),
    }))
  }
}

function work() {
  const [a, b] = [1, 2].map((seed) => tensor(numbers(2 ** 20, seed), [1024, 1024]))
  const x = tensor(
    numbers(1e6).map((v) => v * 4),
    [1000, 1000],
  )
  const freed = (f) => () => void tidy(() => void f())
  return {
    'gemm 1024x1024x1024': freed(() => matmul(a, b)),
    'mlp b256': mlpStep(256).run,
    'relu 1000x1000': freed(() => x.relu()),
    'exp 1000x1000': freed(() => x.exp()),
    'softmax 1000x1000': freed(() => x.softmax()),
  }
}
