import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import {
  assignMovingAverage,
  batchNormalization,
  dense,
  mean,
  reshape,
  slice,
  sparseSoftmaxCrossEntropy,
} from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { ones, zeros } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { instructionSets, onInstructionSet } from '../helpers/machine.js'

interface Run {
  optimizer: 'sgd' | 'rmsprop' | 'adam'
  options: { learningRate: number; momentum?: number }
  losses: number[]
  final: Record<string, GoldenArray>
}

const { start, x, y, runs } = golden<{
  start: Record<string, GoldenArray>
  x: GoldenArray
  y: GoldenArray
  runs: Run[]
}>('training')
const names = ['kernel1', 'bias1', 'gamma', 'beta', 'kernel2', 'bias2'] as const

/** 20–16 ReLU–batch normalization–5 softmax, ten batches of eight: the losses and what the parameters end as. */
function train({ optimizer, options }: Run) {
  const weights = names.map((name) => new Parameter(toTensor(start[name] as GoldenArray), { name }))
  const [kernel1, bias1, gamma, beta, kernel2, bias2] = weights as [
    Parameter,
    Parameter,
    Parameter,
    Parameter,
    Parameter,
    Parameter,
  ]
  const update = optimizers[optimizer](options)
  const movingMean = new Parameter(zeros([16]), { trainable: false })
  const movingVariance = new Parameter(ones([16]), { trainable: false })
  const [xs, ys] = [toTensor(x), toTensor(y)]
  const losses = Array.from({ length: 10 }, (_, step) =>
    tidy(() => {
      const batch = reshape(slice(xs, [step], [1]), [8, 20])
      const labels = reshape(slice(ys, [step], [1]), [8])
      const [normalized, mu, variance] = batchNormalization(dense(batch, kernel1, bias1, 'relu'), gamma, beta)
      const loss = mean(sparseSoftmaxCrossEntropy(dense(normalized, kernel2, bias2), labels))
      const found = gradients(loss, weights) as Tensor[]
      assignMovingAverage(movingMean, mu, 0.99)
      assignMovingAverage(movingVariance, variance, 0.99)
      update.update(weights, found)
      return loss.item()
    }),
  )
  const final = Object.fromEntries([
    ...names.map((name, i) => [name, weights[i]] as const),
    ['movingMean', movingMean],
    ['movingVariance', movingVariance],
  ])
  return { losses, final: final as Record<string, Parameter> }
}

describe.each(runs)('a whole training run with $optimizer', (run) => {
  it.each(instructionSets)('has the losses of PyTorch in order, and its weights, on %s', (isa) => {
    const { losses, final } = onInstructionSet(isa, () => train(run))
    expect(difference(losses, run.losses, { relative: 1e-4, absolute: 1e-5 })).toBeNull()
    for (const [name, wanted] of Object.entries(run.final))
      expect(
        difference((final[name] as Parameter).data(), wanted.data, { relative: 0, absolute: 1e-3 }),
        name,
      ).toBeNull()
  })
})
