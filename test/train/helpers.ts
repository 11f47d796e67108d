import '../../lib/ops/index.js'
import { type Sequential, sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import { sgd } from '../../lib/optim/rules/sgd.js'
import { setSeed } from '../../lib/tensor/random.js'

/** Forty points in the plane, two classes by the sign of x₀ + x₁. */
export function points(n = 40): { x: number[][]; y: number[] } {
  const x = Array.from({ length: n }, (_, i) => [Math.sin(i * 1.7), Math.cos(i * 2.3)])
  return { x, y: x.map(([a = 0, b = 0]) => (a + b > 0 ? 1 : 0)) }
}

/** A small compiled classifier, the same at each call. */
export function classifier({ learningRate = 0.2, compile = true } = {}): Sequential {
  setSeed(7)
  const model = sequential({
    layers: [
      layers.dense({ units: 8, activation: 'tanh', inputShape: [2] }),
      layers.dense({ units: 2, activation: 'softmax' }),
    ],
  })
  const loss = 'sparseCategoricalCrossentropy'
  if (compile) model.compile({ optimizer: sgd({ learningRate }), loss, metrics: ['accuracy'] })
  return model
}

export const weightsOf = (model: Sequential): number[][] => model.weights.map((weight) => [...weight.data()])
