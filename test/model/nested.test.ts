import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { model, sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import { Layer } from '../../lib/nn/layer.js'
import { optimizers } from '../../lib/optim/index.js'
import { ones, zeros } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { bits } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'
import { signed } from '../helpers/random.js'

const { batchNormalization, dense, input } = layers

/** A stack with a model in it, which has batch normalization in it. */
function nested() {
  setSeed(5)
  const base = sequential({ name: 'base', layers: [dense({ units: 4, inputShape: [3] }), batchNormalization()] })
  const whole = sequential({ layers: [base, dense({ units: 1 })] })
  return { base, whole }
}

describe('a model in a model', () => {
  it('gives it its weights, each once', () => {
    const { base, whole } = nested()
    expect(whole.built).toBe(true)
    expect(whole.weights.slice(0, 6)).toEqual(base.weights)
    expect(whole.countParams()).toEqual({ total: 37, trainable: 29, nonTrainable: 8 })
    const [a, b] = [input({ shape: [3] }), input({ shape: [3] })]
    const pair = model({ inputs: [a, b], outputs: layers.add().apply([base.apply(a), base.apply(b)]) })
    expect(pair.weights).toEqual(base.weights)
    expect(pair.countParams()).toEqual(base.countParams())
  })

  it('keeps its weights while the other trains, as the other does while it trains', async () => {
    const { base, whole } = nested()
    const [x, y] = [signed([16, 3]), zeros([16, 1])]
    base.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    whole.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const before = base.getWeights()
    const busy = { code: 'ERR_BUSY', message: expect.stringMatching(/"sequential\w*" is training, and has .*"base"/) }
    let inHook = false
    const running = whole.fit(x, y, {
      verbose: 0,
      epochs: 3,
      callbacks: {
        onEpochEnd() {
          base.setWeights(before)
          inHook = true
        },
      },
    })
    expect(failure(() => base.setWeights(before))).toMatchObject(busy)
    await expect(base.fit(x, zeros([16, 4]), { verbose: 0 })).rejects.toMatchObject(busy)
    await running
    expect(inHook).toBe(true)
    const own = base.fit(x, zeros([16, 4]), { verbose: 0 })
    expect(failure(() => whole.setWeights(whole.getWeights())).code).toBe('ERR_BUSY')
    await own
    whole.setWeights(whole.getWeights())
  })

  it('is found by its name, and computes as it does alone', () => {
    const { base, whole } = nested()
    expect(whole.getLayer('base')).toBe(base)
    const x = signed([5, 3])
    const head = whole.getLayer(-1)
    expect(whole.call(x).toArray()).toEqual(head.call(base.call(x), {}).toArray())
  })

  it('is built from the first batch where no shape is known, or not at all', () => {
    const inner = sequential({ layers: [dense({ units: 2 })] })
    const outer = sequential({ layers: [inner, dense({ units: 1 })] })
    expect(outer.built).toBe(false)
    expect(outer.call(zeros([2, 3])).shape).toEqual([2, 1])
    expect(inner.inputShape).toEqual([3])
    const odd = sequential({
      layers: [sequential({ layers: [dense({ units: 2 })] }), layers.reshape({ targetShape: [3] })],
    })
    expect(failure(() => odd.call(zeros([2, 3]))).code).toBe('ERR_SHAPE')
    expect(odd.layers.map(({ built }) => built)).toEqual([false, false])
    expect(odd.weights).toEqual([])
    expect(odd.getLayer(0)).toMatchObject({ inputShape: undefined, outputShapes: [] })
  })

  it('cannot be itself, and has one input and output in a stack', () => {
    const { base, whole } = nested()
    expect(failure(() => base.add(whole)).message).toMatch(/"base"\] a model cannot be a part of itself/)
    expect(failure(() => base.add(base)).message).toMatch(/part of itself/)
    const x = input({ shape: [1] })
    const two = model({ inputs: x, outputs: [x, layers.flatten().apply(x)] })
    expect(failure(() => whole.add(two as never)).message).toMatch(/has 2 outputs/)
  })

  it('trains with the model that it is in', async () => {
    const { base, whole } = nested()
    const before = base.weights.map(bits)
    whole.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' })
    await whole.fit(signed([12, 3]), signed([12, 1], 2), { batchSize: 4, verbose: 0 })
    const after = base.weights.map(bits)
    expect(after.map((value, i) => value !== before[i])).toEqual([true, true, true, true, true, true])
  })
})

describe('trainable', () => {
  it('acts on all that a layer is made of', () => {
    const { base, whole } = nested()
    base.trainable = false
    expect(base.trainableWeights).toEqual([])
    expect(whole.trainableWeights.map(({ shape }) => shape)).toEqual([[4, 1], [1]])
    expect(whole.countParams()).toEqual({ total: 37, trainable: 5, nonTrainable: 32 })
    base.getLayer(0).trainable = true
    expect(whole.countParams().trainable).toBe(21)
    base.trainable = true
    expect(whole.countParams().trainable).toBe(29)
    whole.trainable = false
    expect(whole.trainableWeights).toEqual([])
    expect(base.getLayer(1).trainable).toBe(false)
    expect(failure(() => (base.trainable = 'no' as never)).message).toMatch(/"base"\] trainable must be true or false/)
  })

  it('holds for layers that join a frozen model', () => {
    const model = sequential({ layers: [dense({ units: 2, inputShape: [2] })] })
    model.trainable = false
    model.add(dense({ units: 1 }))
    model.trainable = true
    expect(model.trainableWeights).toHaveLength(4)
    model.trainable = false
    const last = dense({ units: 1 })
    model.add(last)
    expect(last.trainable).toBe(false)
  })

  it('counts a weight that two layers share once, and trains it if one of them does', () => {
    const x = input({ shape: [2] })
    const shared = dense({ units: 2 })
    class Tied extends Layer {
      constructor(readonly inner: Layer) {
        super()
      }
      override call(x: Tensor) {
        return this.inner.apply(x)
      }
    }
    const net = model({ inputs: x, outputs: new Tied(shared).apply(shared.apply(x)) })
    expect(net.countParams()).toEqual({ total: 6, trainable: 6, nonTrainable: 0 })
  })

  it('freezes batch normalization in training, in fit and in plans that there are already', async () => {
    const { base, whole } = nested()
    const x = signed([8, 3])
    const moving = () => base.weights.slice(4).map(bits)
    const before = moving()
    const training = await whole.predict(x, { training: true })
    expect(moving()).not.toEqual(before)
    base.trainable = false
    const frozen = await whole.predict(x, { training: true })
    expect(bits(frozen)).not.toBe(bits(training))
    expect(bits(frozen)).toBe(bits(whole.call(x)))
    const kept = base.weights.map(bits)
    whole.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    await whole.fit(x, ones([8, 1]), { verbose: 0 })
    expect(base.weights.map(bits)).toEqual(kept)
    base.trainable = true
    await whole.fit(x, ones([8, 1]), { verbose: 0 })
    expect(base.weights.map(bits)).not.toEqual(kept)
    expect(moving()).not.toEqual(kept.slice(4))
  })

  it('does not let a plan outlive a layer that was added within', () => {
    const { base, whole } = nested()
    const x = signed([2, 3])
    whole.predictSync(x)
    base.add(layers.activation({ activation: 'relu' }))
    expect(bits(whole.predictSync(x))).toBe(bits(whole.call(x)))
  })
})
