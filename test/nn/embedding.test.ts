import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { sequential } from '../../lib/model/index.js'
import * as layers from '../../lib/nn/layers/index.js'
import { collectLosses, weightPenalties } from '../../lib/nn/penalties.js'
import { mul, sum } from '../../lib/ops/index.js'
import { optimizers } from '../../lib/optim/index.js'
import { tensor } from '../../lib/tensor/creation.js'
import type { Parameter } from '../../lib/tensor/parameter.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { expectEager } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import { difference, type GoldenArray, golden, toTensor } from '../helpers/golden.js'
import { labels } from '../helpers/random.js'

const { embedding: wanted } = golden<{ embedding: Record<string, GoldenArray> }>('layers')
const of = (name: string): GoldenArray => wanted[name] as GoldenArray
const given = () => toTensor(of('table'))

describe('embedding', () => {
  it('looks vectors up and adds their gradients up, as Keras', () => {
    const layer = layers.embedding({ inputDim: 5, outputDim: 3, embeddingsInitializer: given })
    layer.ensureBuilt([3])
    const y = layer.call(toTensor(of('labels')))
    expect(layer.outputShape).toEqual([3, 3])
    expect(difference(y.data(), of('y').data, { relative: 1e-7, absolute: 0 })).toBeNull()
    const [gradient] = gradients(sum(mul(y, toTensor(of('upstream')))), layer.weights) as [Tensor]
    expect(difference(gradient.data(), of('gradient').data, { relative: 1e-6, absolute: 1e-7 })).toBeNull()
  })

  it('takes whole numbers of any dtype and shape', () => {
    const layer = layers.embedding({ inputDim: 5, outputDim: 3 })
    layer.ensureBuilt([2])
    const row = (x: Tensor) => Array.from(layer.call(x).data())
    const reference = row(tensor(Int32Array.of(3, 1), [1, 2]))
    expect(row(tensor([[3, 1]]))).toEqual(reference)
    expect(row(tensor(Uint8Array.of(3, 1), [1, 2]))).toEqual(reference)
    layer.ensureBuilt([7, 2])
    expect(layer.call(tensor(Int32Array.of(3, 1))).shape).toEqual([2, 3])
  })

  it('begins with small uniform numbers', () => {
    setSeed(1)
    const layer = layers.embedding({ inputDim: 100, outputDim: 100 })
    layer.ensureBuilt([1])
    const values = Array.from((layer.weights[0] as Parameter).data())
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.05)
    expect(Math.max(...values)).toBeGreaterThan(0.0499)
  })

  it('trains in a model', async () => {
    setSeed(2)
    const model = sequential({
      layers: [
        layers.embedding({ inputDim: 20, outputDim: 4, embeddingsRegularizer: 'l2' }),
        layers.flatten(),
        layers.dense({ units: 1 }),
      ],
    })
    const x = labels(60, 20).reshape([30, 2])
    const y = tensor(Float32Array.from({ length: 30 }, (_, i) => (i % 10) / 5 - 1))
    model.ensureBuilt([2])
    expectEager((x) => [model.call(x as Tensor)], [x], 'embedding')
    expect(weightPenalties(model.trainableWeights)).toHaveLength(1)
    model.compile({ optimizer: optimizers.adam({ learningRate: 0.05 }), loss: 'meanSquaredError' })
    const { history } = await model.fit(x, y, { epochs: 60, verbose: 0 })
    expect(history.loss?.at(-1)).toBeLessThan((history.loss?.[0] as number) * 0.9)
  })

  it('adds a penalty on its output', () => {
    const layer = layers.embedding({
      inputDim: 2,
      outputDim: 3,
      embeddingsInitializer: 'ones',
      activityRegularizer: 'l1',
    })
    layer.ensureBuilt([2])
    const { losses } = collectLosses(() => layer.call(tensor(new Int32Array(8), [4, 2])))
    expect(losses.map((loss) => loss.item())).toEqual([Math.fround(Math.fround(24 * 0.01) / 4)])
  })

  it('names the layer of what is no label, eagerly and in a plan', async () => {
    const layer = layers.embedding({ inputDim: 5, outputDim: 2, name: 'words' })
    const model = sequential({ layers: [layer, layers.flatten(), layers.dense({ units: 1 })] })
    model.ensureBuilt([2])
    model.compile({ loss: 'meanSquaredError' })
    const before = model.getWeights().map((weight) => weight.toArray())
    const wrong = [
      ...[5, -1, -(2 ** 31)].map((label) => Int32Array.of(0, 1, 4, label)),
      ...[5, -1, 2.5, -0.5, Number.NaN, Number.POSITIVE_INFINITY].map((label) => Float32Array.of(0, 1, 4, label)),
      Uint8Array.of(0, 1, 4, 255),
    ]
    const message =
      /embedding.* label (-?\d[^ ]*|-?nan|inf) of sample 1 is no class: with 5 classes .*\(layer "words"\)$/
    for (const labels of wrong) {
      const bad = tensor(labels, [2, 2])
      expect(failure(() => model.call(bad))).toEqual({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })
      expect(failure(() => model.predictSync(bad)).message).toMatch(message)
      await expect(model.predict(bad)).rejects.toThrow(message)
      await expect(model.fit(bad, tensor([1, 1]), { shuffle: false, verbose: 0 })).rejects.toThrow(message)
    }
    expect(failure(() => model.call(tensor([[0, 2.5]]))).message).toContain(
      '[embedding] label 2.5 of sample 0 is no class',
    )
    expect(model.getWeights().map((weight) => weight.toArray())).toEqual(before)
  })

  it('refuses wrong sizes, and a call before it is built', () => {
    expect(failure(() => layers.embedding({ inputDim: 0, outputDim: 1 })).message).toContain(
      'inputDim must be a positive',
    )
    expect(failure(() => layers.embedding({ inputDim: 1 } as never)).message).toContain('needs the option outputDim')
    expect(failure(() => layers.embedding({ inputDim: 1, outputDim: 1 }).call(labels(1, 1))).code).toBe('ERR_ARGUMENT')
  })
})
