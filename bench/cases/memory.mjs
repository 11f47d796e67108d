// Whether memory stays flat: the resident set over many training steps of the network of `mlp`, batch 32.
import { library } from '../build.mjs'
import { fastest } from '../measure.mjs'
import { mlpNetwork } from '../network.mjs'

const { datasets, runtime } = library

export async function* run({ quick }) {
  const steps = quick ? 5000 : 100_000
  const { train } = await datasets.mnist()
  const model = mlpNetwork()
  // V8 reads its optimizing compiler in, 4 MB of Node's own code, when a function of a process first gets hot: here it is this one,
  // lest it be one of an epoch later on.
  fastest(() => Math.hypot(steps, 1), { quick: true })
  const resident = []
  const tensors = []
  const watch = {
    onEpochEnd: () => {
      resident.push(process.memoryUsage.rss() / 2 ** 20)
      tensors.push(runtime.memory().tensors)
    },
  }
  // An epoch is 1000 steps, so the first figure is that after warming up.
  await model.fit(train.x, train.y, { epochs: steps / 1000, stepsPerEpoch: 1000, verbose: 0, callbacks: watch })
  yield {
    case: `memory ${steps} steps`,
    residentMB: resident[0],
    lastMB: resident[resident.length - 1],
    mostMB: Math.max(...resident),
    ratio: resident[resident.length - 1] / resident[0],
    tensorGrowth: tensors[tensors.length - 1] - tensors[0],
  }
}
