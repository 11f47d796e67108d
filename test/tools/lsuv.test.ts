import { describe, expect, it } from 'vitest'
import { sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import { variance } from '../../lib/ops/index.js'
import { randomNormal, zeros } from '../../lib/tensor/creation.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { lsuv } from '../../lib/tools/lsuv.js'
import { beforeActivation } from '../helpers/before-activation.js'
import { failure } from '../helpers/failure.js'

const batch = randomNormal([300, 40], { mean: 1, stddev: 3, seed: 1 })

function deep(activation: 'tanh' | 'relu' | 'softplus', depth = 12) {
  setSeed(2)
  return sequential({
    layers: Array.from({ length: depth }, (_, i) => layers.dense({ units: 50, activation, name: `dense_${i}` })),
  })
}

describe('lsuv', () => {
  it.each(['tanh', 'relu', 'softplus'] as const)('makes every output vary by 1 on the batch: %s', (activation) => {
    const model = deep(activation)
    const found = lsuv(model, batch)
    expect(Object.keys(found)).toEqual(model.layers.map(({ name }) => name))
    let x: Tensor = batch
    for (const layer of model.layers) {
      const measured = variance(beforeActivation(() => layer.call(x, {}))).item()
      expect(found[layer.name]).toBe(measured)
      expect(Math.abs(measured - 1)).toBeLessThan(0.1)
      x = layer.call(x, {})
    }
  })

  it('begins with orthogonal kernels', () => {
    const model = deep('relu', 2)
    lsuv(model, batch)
    const product = (model.weights[2] as Parameter).matmul(model.weights[2] as Parameter, { transposeB: true })
    const values = product.data()
    const scale = values[0] as number
    for (let i = 0; i < 50; i++)
      for (let j = 0; j < 50; j++) expect((values[i * 50 + j] as number) / scale).toBeCloseTo(i === j ? 1 : 0, 4)
  })

  it('leaves other weights and layers as they are, and the layers’ methods', () => {
    const normalizing = layers.batchNormalization()
    const dense = layers.dense({ units: 3, biasInitializer: 'ones' })
    const model = sequential({ layers: [normalizing, dense, layers.dropout({ rate: 0.5 })] })
    const before = tidy(() => {
      model.call(batch)
      return normalizing.weights.map((weight) => weight.toArray())
    })
    expect(Object.keys(lsuv(model, batch))).toEqual([dense.name])
    expect(normalizing.weights.map((weight) => weight.toArray())).toEqual(before)
    expect(dense.weights[1]?.toArray()).toEqual([1, 1, 1])
    expect(Object.hasOwn(dense, 'call')).toBe(false)
  })

  it('scales at most as often as it is told, to the tolerance', () => {
    const model = deep('tanh', 3)
    for (const value of Object.values(lsuv(model, batch, { tolerance: 1e-4 }))) expect(value).toBeCloseTo(1, 3)
    const [value] = Object.values(lsuv(deep('tanh', 1), batch, { maxIterations: 1, tolerance: 1e-9 }))
    expect(value).toBeCloseTo(1, 4)
  })

  it('leaves an output that does not vary', () => {
    const model = deep('relu', 2)
    expect(Object.values(lsuv(model, zeros([10, 40])))).toEqual([0, 0])
  })

  it('refuses wrong arguments', () => {
    const model = deep('relu', 1)
    expect(failure(() => lsuv(sequential({ layers: [layers.flatten()] }), batch)).message).toBe(
      '[lsuv] the model has no layer with a kernel',
    )
    expect(failure(() => lsuv(undefined as never, batch)).message).toContain('needs a model')
    expect(failure(() => lsuv(model, [[1]] as never)).message).toContain('needs a batch as a Tensor')
    expect(failure(() => lsuv(model, batch, { maxIterations: 0 })).message).toContain('maxIterations')
    expect(failure(() => lsuv(model, batch, { tolerance: 0 })).message).toContain('tolerance')
    expect(failure(() => lsuv(model, batch, { tol: 1 } as never)).message).toContain('unknown option "tol"')
    model.ensureBuilt([40])
    expect(failure(() => lsuv(model, zeros([2, 7]))).code).toBe('ERR_SHAPE')
  })
})
