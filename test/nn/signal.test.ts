import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { sequential } from '../../lib/model/index.js'
import type { ActivationName, InitializerLike } from '../../lib/nn/choices.js'
import { initializers, layers } from '../../lib/nn/index.js'
import type { Layer } from '../../lib/nn/layer.js'
import { argMax, matmul, mean, mul, sum, variance } from '../../lib/ops/index.js'
import { sgd } from '../../lib/optim/rules/sgd.js'
import { randomNormal } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'

// What becomes of a signal on its way through many layers.

interface Statistics {
  mean: number
  stddev: number
  /** The share of outputs beyond ±0.99. */
  saturated: number
}

/** The statistics of the outputs of each layer. */
const throughLayers = (stack: readonly Layer[], x: Tensor, training = false): Statistics[] =>
  tidy(() => {
    let y = x
    return stack.map((layer) => {
      layer.ensureBuilt(y.shape.slice(1))
      y = layer.call(y, { training })
      const saturated = mean(y.abs().greater(0.99)).item()
      return { mean: mean(y).item(), stddev: Math.sqrt(variance(y).item()), saturated }
    })
  })

function ten(units: number, activation: ActivationName, kernelInitializer: InitializerLike): Layer[] {
  setSeed(1)
  return Array.from({ length: 10 }, () => layers.dense({ units, activation, kernelInitializer }))
}

describe('ten tanh layers of 500 units (CS231n)', () => {
  const x = randomNormal([1000, 500], { seed: 3 })
  const stddevs = (kernelInitializer: InitializerLike) =>
    throughLayers(ten(500, 'tanh', kernelInitializer), x).map(({ stddev }) => stddev)

  it('with weights 0.01·N(0, 1) the signal dies out', () => {
    const wanted = [0.2131, 0.0476, 0.0106, 0.0024, 0.00053, 0.00012, 2.6e-5, 6e-6, 1.3e-6, 3e-7]
    for (const [i, stddev] of stddevs({ name: 'randomNormal', stddev: 0.01 }).entries())
      expect(Math.abs(stddev / (wanted[i] as number) - 1), `layer ${i}: ${stddev}`).toBeLessThan(i < 5 ? 0.03 : 0.15)
  })

  it('with weights N(0, 1) almost all units are saturated', () => {
    for (const { saturated, stddev } of throughLayers(ten(500, 'tanh', { name: 'randomNormal', stddev: 1 }), x)) {
      expect(saturated).toBeGreaterThan(0.85)
      expect(stddev).toBeGreaterThan(0.95)
    }
  })

  it('with weights N(0, 1)/√n it holds', () => {
    const wanted = [0.628, 0.4861, 0.4077, 0.3571, 0.3209, 0.2921, 0.2734, 0.2549, 0.2393, 0.228]
    const initializer = { name: 'varianceScaling', distribution: 'untruncatedNormal' }
    for (const [i, stddev] of stddevs(initializer).entries())
      expect(Math.abs(stddev / (wanted[i] as number) - 1), `layer ${i}: ${stddev}`).toBeLessThan(0.03)
  })
})

describe('SELU with lecunNormal (Klambauer et al. 2017)', () => {
  const x = randomNormal([500, 300], { seed: 4 })

  it.each([0, 0.05, 0.1])('keeps mean 0 and stddev 1 through ten layers, alpha dropout %d', (rate) => {
    const stack = ten(300, 'selu', 'lecunNormal').flatMap((layer) =>
      rate === 0 ? [layer] : [layer, layers.alphaDropout({ rate })],
    )
    for (const { mean, stddev } of throughLayers(stack, x, true)) {
      expect(Math.abs(mean)).toBeLessThan(0.1)
      expect(Math.abs(stddev - 1)).toBeLessThan(0.1)
    }
  })

  it.each([0, 0.05, 0.1])('keeps them after training, alpha dropout %d', async (rate) => {
    const stack = ten(300, 'selu', 'lecunNormal').flatMap((layer) =>
      rate === 0 ? [layer] : [layer, layers.alphaDropout({ rate })],
    )
    const model = sequential({ layers: [...stack, layers.dense({ units: 5, activation: 'softmax' })] })
    model.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: 'sparseCategoricalCrossentropy' })
    const inputs = randomNormal([1000, 300], { seed: 5 })
    const classes = argMax(matmul(inputs, randomNormal([300, 5], { seed: 6 })), 1)
    model.ensureBuilt([300])
    const before = (await model.evaluate(inputs, classes)).loss as number
    await model.fit(inputs, classes, { epochs: 10, seed: 1, verbose: 0 })
    expect((await model.evaluate(inputs, classes)).loss).toBeLessThan(0.75 * before)
    for (const { mean, stddev } of throughLayers(stack, x, true)) {
      expect(Math.abs(mean)).toBeLessThan(0.1)
      expect(Math.abs(stddev - 1)).toBeLessThan(0.1)
    }
  })

  it('loses them with plain dropout', () => {
    const stack = ten(300, 'selu', 'lecunNormal').flatMap((layer) => [layer, layers.dropout({ rate: 0.1 })])
    const last = throughLayers(stack, x, true).at(-1) as Statistics
    expect(Math.abs(last.stddev - 1) > 0.1 || Math.abs(last.mean) > 0.1).toBe(true)
  })
})

describe('randomWalk (Sussillo & Abbott 2014)', () => {
  const [units, depth] = [40, 60]

  /** The logarithm of how a gradient's norm changes on its way through deep layers, on average over networks. */
  function drift(activation: 'linear' | 'relu', kernelInitializer: InitializerLike): number {
    setSeed(6)
    const networks = 30
    let total = 0
    for (let i = 0; i < networks; i++)
      total += tidy(() => {
        const stack = Array.from({ length: depth }, () => layers.dense({ units, activation, kernelInitializer }))
        const model = sequential({ layers: stack })
        const x = randomNormal([1, units])
        x.requiresGrad = true
        const weights = randomNormal([1, units])
        const [gradient] = gradients(sum(mul(model.call(x), weights)), [x]) as [Tensor]
        const norm = (t: Tensor) => matmul(t, t, { transposeB: true }).item()
        return Math.log(norm(gradient) / norm(weights)) / 2
      })
    return total / networks
  }

  it.each(['linear', 'relu'] as const)('lets gradients drift less than without its correction: %s', (activation) => {
    const uncorrected = {
      name: 'varianceScaling',
      scale: activation === 'relu' ? 2 : 1,
      distribution: 'untruncatedNormal',
    }
    const corrected = Math.abs(drift(activation, initializers.randomWalk({ activation })))
    const plain = drift(activation, uncorrected)
    expect(plain).toBeLessThan(-0.3)
    expect(corrected).toBeLessThan(Math.abs(plain) * 0.75)
  })
})
