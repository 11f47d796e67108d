// What the toolbox costs: a training step of 784 - 512 ReLU - batch normalization - 10 with dropout, max-norm, L2, clipping by the
// global norm and 1cycle, as a ratio to the same network without them and with optimizer fusion off.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  add,
  compileStep,
  div,
  layers,
  losses,
  maximum,
  mul,
  optimizers,
  schedules,
  sequential,
  setSeed,
  sqrt,
  square,
  sum,
  tensor,
} from '../../dist/index.js'
import { numbers } from '../measure.mjs'

const batch = 32

export async function* run({ quick }) {
  const x = tensor(numbers(batch * 784), [batch, 784])
  const y = tensor(Int32Array.from({ length: batch }, (_, i) => i % 10))
  // No tool is in the update of the plain network: what the environment says holds when its plan is made.
  const before = process.env.MYELIN_FUSE_UPDATES
  const plain = make(false)
  process.env.MYELIN_FUSE_UPDATES = '0'
  plain.sync(x, y)
  if (before === undefined) delete process.env.MYELIN_FUSE_UPDATES
  else process.env.MYELIN_FUSE_UPDATES = before
  const tooled = make(true)
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < (quick ? 10 : 40); round++) {
    for (const [i, step] of [plain, tooled].entries()) best[i] = Math.min(best[i], time(step, x, y))
    await sleep(5)
  }
  const [plainUs, us] = best
  yield { case: 'toolbox plain', impl: 'myelin', us: plainUs }
  yield { case: 'toolbox', impl: 'myelin', us, plainUs, ratio: us / plainUs }
}

/** Microseconds of a step, over steps enough for the clock. */
function time(step, x, y) {
  const steps = 50
  const start = performance.now()
  for (let i = 0; i < steps; i++) step.sync(x, y)
  return ((performance.now() - start) * 1000) / steps
}

function make(tools) {
  setSeed(1)
  const model = sequential({
    layers: [
      layers.dense({ units: 512, activation: 'relu', inputShape: [784] }),
      layers.batchNormalization(),
      ...(tools ? [layers.dropout({ rate: 0.3 })] : []),
      layers.dense({ units: 10 }),
    ],
  })
  const kernels = model.weights.filter(({ name }) => name.endsWith('/kernel'))
  if (tools) for (const kernel of kernels) kernel.constraint = maxNorm
  const optimizer = optimizers.rmsprop(
    tools
      ? {
          globalClipNorm: 1,
          momentum: 0,
          learningRate: schedules.oneCycle({ maxLearningRate: 1e-3, totalSteps: 10_000 }),
        }
      : { learningRate: 1e-4 },
  )
  const loss = (x, y) => {
    const data = losses.sparseCategoricalCrossentropy(y, model.call(x, { training: true }), { fromLogits: true })
    return tools ? kernels.reduce((total, kernel) => add(total, mul(sum(square(kernel)), 1e-4)), data) : data
  }
  return compileStep(loss, { parameters: model.trainableWeights, optimizer })
}

/** Each column at most of norm 2, as Keras' MaxNorm. */
function maxNorm(w) {
  const norms = sqrt(sum(square(w), 0, true))
  return mul(w, div(2, maximum(norms, 2)))
}
