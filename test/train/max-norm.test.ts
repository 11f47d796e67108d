import { describe, expect, it } from 'vitest'
import { sequential } from '../../lib/model/index.js'
import { constraints, layers } from '../../lib/nn/index.js'
import { optimizers } from '../../lib/optim/index.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import { factoriesOf } from '../helpers/choices.js'
import { labels, signed } from '../helpers/random.js'

/** The norms of a kernel's columns, in double. */
function norms(kernel: Parameter): number[] {
  const [rows, columns] = kernel.shape as [number, number]
  const values = kernel.data()
  return Array.from({ length: columns }, (_, c) =>
    Math.hypot(...Array.from({ length: rows }, (_, r) => values[r * columns + c] as number)),
  )
}

describe.each(Object.entries(factoriesOf(optimizers)))('max-norm in fit with %s', (_, make) => {
  it.each([1, 3])('holds after every step, accumulating %i', async (gradientAccumulation) => {
    setSeed(4)
    const maxValue = 0.75
    const given = { kernelConstraint: constraints.maxNorm({ maxValue }) }
    const model = sequential({
      layers: [
        layers.dense({ units: 20, activation: 'tanh', inputShape: [12], ...given }),
        layers.dense({ units: 4, activation: 'softmax', ...given }),
      ],
    })
    model.compile({ optimizer: make({ learningRate: 0.5 }), loss: 'sparseCategoricalCrossentropy' })
    const kernels = model.weights.filter(({ rank }) => rank === 2)
    const found: number[] = []
    const onBatchEnd = (): void => void found.push(Math.max(...kernels.flatMap(norms)))
    const options = { epochs: 2, batchSize: 8, gradientAccumulation, verbose: 0, callbacks: { onBatchEnd } } as const
    await model.fit(signed([90, 12]), labels(90, 4), options)
    expect(found).toHaveLength(24)
    const updated = found.slice(gradientAccumulation - 1)
    expect(Math.max(...updated)).toBeLessThan(maxValue * (1 + 1e-6))
    expect(Math.max(...updated)).toBeGreaterThan(maxValue * (1 - 1e-6))
  })
})
