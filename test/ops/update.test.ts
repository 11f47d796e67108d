import { describe, expect, it } from 'vitest'
import { sequential } from '../../lib/model/index.js'
import { Layer } from '../../lib/nn/layer.js'
import {
  accumulate,
  accumulateCounts,
  accumulateMoments,
  assignMovingAverage,
  batchNormalization,
  classLabels,
  concat,
} from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { ones, tensor, zeros } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { instructionSets, onInstructionSet } from '../helpers/machine.js'

interface Run {
  name: 'sgd' | 'rmsprop' | 'adam'
  options: Record<string, number | boolean>
  steps: number[][]
}
interface Statistics {
  batches: GoldenArray[]
  runs: { momentum: number; steps: { mean: number[]; variance: number[] }[] }[]
}

const own = golden<{ start: GoldenArray; gradients: GoldenArray[]; runs: Run[]; movingAverage: Statistics }>(
  'optimizers',
)
const keras = golden<{ runs: Run[] }>('keras')

/** What is wrong with twenty steps, within a share of the largest weight. */
function follow(run: Run, tolerance: number): string[] {
  const w = new Parameter(toTensor(own.start))
  const optimizer = optimizers[run.name](run.options)
  return own.gradients.flatMap((gradient, i) => {
    optimizer.update([w], [toTensor(gradient)])
    const wanted = run.steps[i] as number[]
    const absolute = tolerance * Math.max(...wanted.map(Math.abs))
    const wrong = difference(w.data(), wanted, { relative: 0, absolute })
    return wrong === null ? [] : [`step ${i + 1}: ${wrong}`]
  })
}

describe.each(own.runs.map((run, i) => ({ run, i, title: `${run.name} ${JSON.stringify(run.options)}` })))(
  '$title',
  ({ run, i }) => {
    it.each(instructionSets)('follows a float64 run of its formula for 20 steps on %s', (isa) => {
      expect(onInstructionSet(isa, () => follow(run, 5e-6))).toEqual([])
    })

    it('follows Keras for 20 steps', () => {
      const theirs = keras.runs[i] as Run
      expect([theirs.name, theirs.options]).toEqual([run.name, run.options])
      expect(follow(theirs, 2e-5)).toEqual([])
    })
  },
)

it('updates many parameters in one call as one after the other, and counts their versions', () => {
  const make = () => [3, 1, 70, 4097].map((n) => new Parameter(ones([n])))
  const gradients = [3, 1, 70, 4097].map((n) => ones([n]).mul(0.5))
  const options = { learningRate: 0.1, momentum: 0.9 }
  const [together, apart] = [make(), make()]
  optimizers.sgd(options).update(together, gradients)
  for (const [i, p] of apart.entries()) optimizers.sgd(options).update([p], [gradients[i] as Tensor])
  expect(together.map((p) => p.data())).toEqual(apart.map((p) => p.data()))
  expect(together.map(({ version }) => version)).toEqual([1, 1, 1, 1])
})

describe('moving averages of batch normalization', () => {
  it.each(own.movingAverage.runs)(
    'follow a float64 run with momentum $momentum for 20 batches',
    ({ momentum, steps }) => {
      const mean = new Parameter(zeros([3]), { trainable: false })
      const variance = new Parameter(ones([3]), { trainable: false })
      own.movingAverage.batches.forEach((batch, i) => {
        const [, m, v] = batchNormalization(toTensor(batch), ones([3]), zeros([3]))
        assignMovingAverage(mean, m, momentum)
        assignMovingAverage(variance, v, momentum)
        const wanted = steps[i] as Statistics['runs'][0]['steps'][0]
        const tolerance = { relative: 2e-6, absolute: 1e-6 }
        expect(difference(mean.data(), wanted.mean, tolerance)).toBeNull()
        expect(difference(variance.data(), wanted.variance, tolerance)).toBeNull()
      })
      expect(mean.version).toBe(20)
    },
  )
})

it('accumulate adds up in double', () => {
  const totals = new Parameter(zeros([16], { dtype: 'uint8' }), { trainable: false })
  for (let i = 0; i < 3; i++)
    accumulate(totals, toTensor({ dtype: 'float32', shape: [2], data: [2 ** -20, 16777216] }), 0.1)
  const sums = new Float64Array(totals.data().slice().buffer)
  expect(Array.from(sums, (sum, i) => (i === 0 ? sum * 2 ** 20 : sum / 2 ** 24))).toEqual([
    expect.closeTo(0.3, 14),
    expect.closeTo(0.3, 14),
  ])
  expect(totals.version).toBe(3)
})

describe('sums of an epoch', () => {
  const doubles = (n: number) => new Parameter(zeros([8 * n], { dtype: 'uint8' }), { trainable: false })
  const read = (totals: Parameter) => Array.from(new Float64Array(totals.data().slice().buffer))

  it('accumulate adds up rows of every dtype, times factors', () => {
    const totals = doubles(2)
    accumulate(totals, tensor([1, 2, 3, 4, 5, 6], [3, 2], { dtype: 'int32' }), 1)
    expect(read(totals)).toEqual([9, 12])
    accumulate(totals, tensor([1, 0, 1, 1], [2, 2], { dtype: 'bool' }), 10, tensor([0.5, 4, 1, 2], [2, 2]))
    expect(read(totals)).toEqual([24, 32])
    accumulate(totals, tensor([], [0, 2]), 1)
    expect(read(totals)).toEqual([24, 32])
    expect(failure(() => accumulate(totals, tensor([1, 2, 3]), 1)).message).toMatch(/rows/)
    expect(failure(() => accumulate(totals, tensor([1, 2]), 1, tensor([1]))).message).toMatch(/one factor/)
  })

  it('accumulateCounts counts, and refuses an index outside before it counts any', () => {
    const totals = doubles(3)
    accumulateCounts(totals, tensor([2, 0, 2], undefined, { dtype: 'int32' }))
    expect(read(totals)).toEqual([1, 0, 2])
    for (const index of [3, -1])
      expect(failure(() => accumulateCounts(totals, tensor([0, index], undefined, { dtype: 'int32' })))).toEqual({
        code: 'ERR_ARGUMENT',
        message: expect.stringContaining(`index ${index} at position 1 is out of range for 3 counts`),
      })
    expect(read(totals)).toEqual([1, 0, 2])
  })

  it('accumulateMoments is exact for equal values, and keeps a small spread beside a large mean', () => {
    const totals = doubles(6)
    for (let i = 0; i < 100; i++) accumulateMoments(totals, tensor([0.1, 1e6, 0.1, 1e6 + 1], [2, 2]))
    const [count, mean, squares, otherCount, otherMean, otherSquares] = read(totals)
    expect([count, mean, squares]).toEqual([200, Math.fround(0.1), 0])
    expect([otherCount, otherMean]).toEqual([200, expect.closeTo(1e6 + 0.5, 8)])
    expect(otherSquares).toBeCloseTo(50, 6)
  })

  it('classLabels reads labels of every dtype and names who asks', () => {
    for (const dtype of ['float32', 'int32', 'uint8'] as const)
      expect(classLabels(tensor([2, 0], undefined, { dtype }), 3, 'f1').toArray()).toEqual([2, 0])
    for (const wrong of [3, -1, 0.5, Number.NaN])
      expect(failure(() => classLabels(tensor([0, wrong]), 3, 'my f1')).message).toMatch(
        /my f1: label .* of sample 1 is no class: with 3 classes/,
      )
    const rows = tensor([0, 1, 2, 2, 1, 7], [2, 3])
    expect(failure(() => classLabels(rows, 3, 'f1')).message).toContain('f1: label 7 of sample 1 is no class')
  })
})

describe('an update of thousands of parameters', () => {
  const n = 2000

  it('changes each of them', () => {
    const parameters = Array.from({ length: n }, (_, i) => new Parameter(tensor([i])))
    const optimizer = optimizers.adam({ learningRate: 0.5 })
    optimizer.update(
      parameters,
      parameters.map(() => tensor([3])),
    )
    for (const [i, parameter] of parameters.entries()) expect(parameter.item()).toBeCloseTo(i - 0.5, 4)
  })

  it('is one op of a compiled step, too', async () => {
    class Many extends Layer {
      override build() {
        for (let i = 0; i < n; i++) this.addWeight(`w${i}`, [1], { initializer: 'zeros' })
      }
      override call(x: Tensor): Tensor {
        return concat(this.weights, 0).mul(x)
      }
    }
    const net = sequential({ layers: [new Many()] })
    net.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
    await net.fit(ones([2, n]), ones([2, n]), { epochs: 2, batchSize: 2, verbose: 0 })
    for (const weight of net.getWeights()) expect(weight.item()).toBeCloseTo(0.002, 4)
  })
})
