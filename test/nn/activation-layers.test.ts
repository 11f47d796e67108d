import { describe, expect, it } from 'vitest'
import { gradients } from '../../lib/autodiff/backward.js'
import { recording } from '../../lib/autodiff/tape.js'
import { compileStep } from '../../lib/index.js'
import { sequential } from '../../lib/model/index.js'
import type { Layer } from '../../lib/nn/layer.js'
import * as layers from '../../lib/nn/layers/index.js'
import * as losses from '../../lib/nn/losses/index.js'
import * as ops from '../../lib/ops/index.js'
import { sgd } from '../../lib/optim/rules/index.js'
import { full, ones, tensor } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { expectEager, weighted, withGradients } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import { labels, signed } from '../helpers/random.js'

const make: Record<string, (options?: object) => Layer> = {
  elu: layers.elu,
  layerNormalization: layers.layerNormalization,
  leakyRelu: layers.leakyRelu,
  prelu: layers.prelu,
  rrelu: layers.rrelu,
  selu: layers.selu,
  softmax: layers.softmax,
}

/** A configuration of each that is not the default one. */
const configurations: Record<string, object> = {
  elu: { alpha: 0.5 },
  layerNormalization: { axis: 1, epsilon: 0.01, center: true, scale: true, gammaInitializer: 'heNormal' },
  leakyRelu: { negativeSlope: 0.01 },
  prelu: { alphaInitializer: { name: 'constant', value: 0.1 }, sharedAxes: [1] },
  rrelu: { lower: 0.2, upper: 0.4, seed: 6 },
  selu: { name: 'other' },
  softmax: { axis: 1 },
}

function applied(layer: Layer, x: Tensor, training = false): Tensor {
  layer.ensureBuilt(x.shape.slice(1))
  return layer.call(x, { training })
}

const same = (got: Tensor, wanted: Tensor) => expect(Array.from(got.data())).toEqual(Array.from(wanted.data()))

describe.each(Object.keys(make))('%s', (name) => {
  const layer = make[name] as (options?: object) => Layer
  const own = configurations[name] as object

  it('is the same compiled as eagerly, gradients included', () => {
    for (const options of [undefined, own]) {
      const made = layer(options)
      const x = signed([6, 70, 9])
      made.ensureBuilt([70, 9])
      const f = (x: Tensor) => [made.call(x, { training: name !== 'rrelu' })]
      expectEager(withGradients(f as (...x: Tensor[]) => Tensor[]), [x], name)
      if (made.weights.length === 0) continue
      const ofWeights = (x: Tensor) => recording.run(true, () => gradients(weighted(f(x)), made.weights) as Tensor[])
      expectEager(ofWeights as (...x: Tensor[]) => Tensor[], [x], `${name}, weights`)
    }
  })

  it('is made again from its config, and keeps the shape', () => {
    for (const options of [undefined, own]) {
      const made = layer(options)
      const again = layer(made.getConfig())
      expect(again.getConfig()).toEqual(made.getConfig())
      expect(made.getConfig()).toMatchObject(options === undefined || name === 'layerNormalization' ? {} : options)
      made.ensureBuilt([4, 3])
      expect(made.outputShape).toEqual([4, 3])
    }
  })

  it('refuses options that it does not know', () => {
    expect(failure(() => layer({ slop: 1, name: 'mine' })).message).toMatch(/^\[\w+ "mine"\] unknown option "slop"/)
    for (const options of [null, [], 'relu', 3])
      expect(failure(() => Reflect.apply(layer, undefined, [options])).code).toBe('ERR_ARGUMENT')
  })
})

describe('the values of activation layers', () => {
  const x = signed([5, 4])

  it('are those of the ops', () => {
    same(applied(layers.leakyRelu(), x), ops.leakyRelu(x, 0.3))
    same(applied(layers.elu({ alpha: 0.5 }), x), ops.elu(x, 0.5))
    same(applied(layers.selu(), x), ops.selu(x))
    same(applied(layers.softmax(), x), ops.softmax(x))
    same(applied(layers.softmax({ axis: 1 }), signed([2, 3, 4])), ops.softmax(signed([2, 3, 4]), 1))
    same(applied(layers.rrelu({ lower: 0.1, upper: 0.5 }), x), ops.leakyRelu(x, 0.3))
    same(applied(layers.prelu(), x), ops.leakyRelu(x, 0.25))
    same(applied(layers.layerNormalization(), x), ops.layerNormalization(x, ones([4]), tensor([0, 0, 0, 0])))
  })

  it('refuse what is out of range', () => {
    const cases: [() => unknown, RegExp][] = [
      [() => layers.leakyRelu({ negativeSlope: Number.NaN }), /negativeSlope.*NaN/],
      [() => layers.elu({ alpha: -1 }), /alpha must not be negative/],
      [() => layers.softmax({ axis: 0 }), /axis.*batch/],
      [() => layers.rrelu({ lower: 0.5, upper: 0.1 }), /^\[Rrelu ".*"\] lower.*0\.5, 0\.1/],
      [() => layers.rrelu({ seed: -1 }), /seed/],
      [() => layers.prelu({ sharedAxes: [0] }), /sharedAxes.*batch/],
      [() => layers.layerNormalization({ epsilon: -1 }), /epsilon/],
      [() => layers.layerNormalization({ axis: 0 }), /axis.*batch/],
      [() => applied(layers.layerNormalization({ axis: 3 }), x), /there is no axis 3.*\[4\]/],
      [() => applied(layers.softmax({ axis: 2 }), x), /there is no axis 2.*\[4\]/],
      [() => applied(layers.prelu({ sharedAxes: [2] }), x), /there is no axis 2.*\[4\]/],
    ]
    for (const [fn, message] of cases) expect(failure(fn).message).toMatch(message)
  })
})

describe('prelu', () => {
  it('has a slope for each element, or one for what is shared', () => {
    const shapeOf = (options: object) => {
      const layer = layers.prelu(options)
      layer.ensureBuilt([8, 6, 3])
      return layer.weights[0]?.shape
    }
    expect(shapeOf({})).toEqual([8, 6, 3])
    expect(shapeOf({ sharedAxes: [1, 2] })).toEqual([1, 1, 3])
    expect(shapeOf({ sharedAxes: [-1] })).toEqual([8, 6, 1])
  })

  it('takes other sizes along shared axes alone', () => {
    const layer = layers.prelu({ sharedAxes: [1] })
    layer.ensureBuilt([8, 3])
    layer.ensureBuilt([5, 3])
    expect(failure(() => layer.ensureBuilt([8, 4])).code).toBe('ERR_SHAPE')
  })

  it('learns its slopes', async () => {
    const layer = layers.prelu({ inputShape: [3] })
    const net = sequential({ layers: [layer] })
    net.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' })
    const x = full([8, 3], -1)
    await net.fit(x, full([8, 3], -0.75), { epochs: 60, batchSize: 8, verbose: 0 })
    for (const slope of layer.weights[0]?.data() ?? []) expect(slope).toBeCloseTo(0.75, 3)
  })
})

describe('rrelu in training', () => {
  it('draws other slopes each time, the same ones after setSeed, and its own with a seed', () => {
    const x = full([50], -1)
    const twice = (options: object) => {
      setSeed(3)
      const layer = layers.rrelu(options)
      return [applied(layer, x, true), applied(layer, x, true)].map((y) => y.toArray())
    }
    for (const options of [{}, { seed: 2 }]) {
      const [first, second] = twice(options)
      expect(first).not.toEqual(second)
      expect(twice(options)).toEqual([first, second])
    }
  })

  it('draws step by step as eagerly in a compiled step', async () => {
    const losses = async (eager: boolean) => {
      setSeed(8)
      const net = sequential({ layers: [layers.rrelu({ inputShape: [40] }), layers.dense({ units: 1 })] })
      const x = signed([16, 40])
      net.call(x)
      const loss = (input: Tensor) => ops.mean(ops.square(net.call(input, { training: true })))
      const optimizer = sgd({ learningRate: 0.01 })
      const found: number[] = []
      if (eager) {
        for (let i = 0; i < 4; i++) {
          const value = loss(x)
          for (const weight of net.trainableWeights) weight.zeroGrad()
          value.backward()
          optimizer.apply(net.trainableWeights)
          found.push(value.item())
        }
        return found
      }
      const step = compileStep(loss, { parameters: net.trainableWeights, optimizer })
      for (let i = 0; i < 4; i++) found.push((await step(x)).loss)
      return found
    }
    expect(await losses(false)).toEqual(await losses(true))
  })
})

describe('softmax as the last layer', () => {
  it('trains like the activation, from the logits', async () => {
    const run = async (activation: boolean) => {
      setSeed(5)
      const dense = layers.dense({ units: 4, inputShape: [6], ...(activation && { activation: 'softmax' }) })
      const net = sequential({ layers: activation ? [dense] : [dense, layers.softmax()] })
      net.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: losses.sparseCategoricalCrossentropy })
      const { history } = await net.fit(signed([32, 6]), labels(32, 4), {
        epochs: 3,
        batchSize: 8,
        verbose: 0,
        shuffle: false,
      })
      return history.loss
    }
    expect(await run(false)).toEqual(await run(true))
  })
})
