import { describe, expect, it } from 'vitest'
import { accumulate, assignMovingAverage, batchNormalization } from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { ones, zeros } from '../../lib/tensor/creation.js'
import { Parameter, type Tensor } from '../../lib/tensor/tensor.js'
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
