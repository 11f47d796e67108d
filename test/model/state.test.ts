import { describe, expect, it } from 'vitest'
import '../../lib/ops/index.js'
import { model, sequential } from '../../lib/model/index.js'
import { layers } from '../../lib/nn/index.js'
import { Layer } from '../../lib/nn/layer.js'
import { optimizers } from '../../lib/optim/index.js'
import { ones, zeros } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { State } from '../../lib/tensor/state.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { bits } from '../graph/equality.js'
import { failure } from '../helpers/failure.js'

const { dense, dropout, gaussianNoise, input, normalization } = layers

/** A layer of the user's with parts, one of them in a list, and two weights of one name. */
class Block extends Layer {
  readonly first = dense({ units: 3 })
  readonly more = [dense({ units: 3 }), gaussianNoise({ stddev: 1, seed: 4 })]
  override build(): void {
    this.addWeight('scale', [3], { initializer: 'ones' })
    this.addWeight('scale', [3])
  }
  override call(x: Tensor, options: object): Tensor {
    return this.more.reduce((y, layer) => layer.apply(y, options), this.first.apply(x, options))
  }
}

const paths = (layer: Layer): string[] => [...layer.weightsByPath().keys()]

describe('weights by path', () => {
  it('are told apart where a model in a model has a layer of the same name', () => {
    const inner = sequential({ name: 'inner', layers: [dense({ name: 'd', units: 3, inputShape: [3] })] })
    const outer = sequential({ layers: [dense({ name: 'd', units: 3, inputShape: [3] }), inner] })
    expect(paths(outer)).toEqual(['d/kernel', 'd/bias', 'inner/d/kernel', 'inner/d/bias'])
    expect([...outer.weightsByPath().values()]).toEqual(outer.weights)
  })

  it('are told apart where a name looks like a path', () => {
    const inner = sequential({ name: 'inner', layers: [dense({ name: 'd', units: 3, inputShape: [3] })] })
    const outer = sequential({ layers: [dense({ name: 'inner/d', units: 3, inputShape: [3] }), inner] })
    expect(paths(outer)).toEqual(['inner~1d/kernel', 'inner~1d/bias', 'inner/d/kernel', 'inner/d/bias'])
  })

  it('of what a layer holds go by its properties, and those of one name by number', () => {
    const whole = sequential({ layers: [new Block({ name: 'block', inputShape: [2] })] })
    expect(paths(whole)).toEqual([
      'block/scale',
      'block/scale_1',
      'block/first/kernel',
      'block/first/bias',
      'block/more/0/kernel',
      'block/more/0/bias',
    ])
    expect([...whole.weightsByPath().values()]).toEqual(whole.weights)
  })

  it('of a layer that is used twice are there once', () => {
    const shared = dense({ name: 'shared', units: 3 })
    const [a, b] = [input({ shape: [3] }), input({ shape: [3] })]
    const inner = model({ inputs: a, outputs: shared.apply(a), name: 'inner' })
    const outer = model({ inputs: b, outputs: shared.apply(inner.apply(b) as never) })
    expect(paths(outer as unknown as Layer)).toEqual(['inner/shared/kernel', 'inner/shared/bias'])
  })
})

describe('the state of a model', () => {
  const make = () => {
    setSeed(3)
    return sequential({ layers: [new Block({ name: 'block', inputShape: [2] }), dense({ name: 'head', units: 1 })] })
  }
  const out = (of: Layer): unknown => bits(of.call(ones([4, 2]), { training: true }))

  it('is copies, which bring weights and draws of layers with a seed of their own back', () => {
    const whole = make()
    out(whole)
    const state = whole.state()
    expect(state.part('draws').values).toEqual(new Map([['block/more/1', 1]]))
    const wanted = out(whole)
    whole.setWeights(whole.weights.map(({ shape }) => zeros(shape)))
    expect(out(whole)).not.toEqual(wanted)
    whole.restore(state)
    expect(out(whole)).toEqual(wanted)
    const twin = make()
    twin.restore(state)
    expect(out(twin)).toEqual(wanted)
    expect(twin.weights[0]?.toArray()).toEqual(whole.weights[0]?.toArray())
  })

  it('of another model is refused by path and shapes, and changes nothing', () => {
    const whole = make()
    const before = whole.getWeights().map(bits)
    const other = sequential({
      layers: [new Block({ name: 'block', inputShape: [2] }), dense({ name: 'top', units: 1 })],
    })
    expect(failure(() => whole.restore(other.state()))).toMatchObject({
      code: 'ERR_ARGUMENT',
      message: expect.stringContaining('it lacks head/kernel, head/bias, and it has top/kernel, top/bias'),
    })
    const wider = sequential({
      layers: [new Block({ name: 'block', inputShape: [2] }), dense({ name: 'head', units: 2 })],
    })
    expect(failure(() => whole.restore(wider.state()))).toMatchObject({
      code: 'ERR_SHAPE',
      message: expect.stringContaining('head/kernel of Sequential'),
    })
    const state = whole.state()
    const drawn = new State({ weights: state.part('weights'), draws: new State({ nobody: 1 }) })
    expect(failure(() => whole.restore(drawn)).message).toContain('"nobody"')
    state.dispose()
    expect(failure(() => whole.restore(state))).toMatchObject({ code: 'ERR_DISPOSED' })
    expect(failure(() => whole.restore({} as State))).toMatchObject({ code: 'ERR_ARGUMENT' })
    expect(whole.getWeights().map(bits)).toEqual(before)
  })

  it('is not there before the model is built', () => {
    const unbuilt = sequential({ layers: [dense({ units: 1 })] })
    expect(failure(() => unbuilt.state())).toMatchObject({ code: 'ERR_ARGUMENT' })
    expect(failure(() => dense({ units: 1 }).state())).toMatchObject({ code: 'ERR_ARGUMENT' })
    expect(failure(() => unbuilt.restore(new State()))).toMatchObject({ code: 'ERR_ARGUMENT' })
  })

  it('of a normalization that was never adapted says so, and so does what it is restored to', () => {
    const make = () => sequential({ layers: [input({ shape: [2] }), normalization({ name: 'n' })] })
    const [one, other] = [make(), make()]
    other.restore(one.state())
    other.setWeights(one.getWeights())
    expect(failure(() => other.predictSync([[1, 2]])).message).toContain('has no statistics yet')
  })

  it('cannot be restored while the model trains', async () => {
    const whole = sequential({ layers: [dense({ units: 1, inputShape: [1] }), dropout({ rate: 0.5 })] })
    whole.compile({ optimizer: optimizers.sgd(), loss: 'meanSquaredError' })
    const state = whole.state()
    const run = whole.fit(ones([64, 1]), ones([64, 1]), {
      epochs: 3,
      verbose: 0,
      callbacks: { onEpochEnd: () => whole.restore(state) },
    })
    expect(failure(() => whole.restore(state))).toMatchObject({ code: 'ERR_BUSY' })
    await run
    expect(whole.getWeights().map(bits)).toEqual([...state.part('weights').tensors.values()].map(bits))
  })
})
