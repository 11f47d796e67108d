import '../../lib/ops/index.js'
import { describe, expect, it } from 'vitest'
import { type Functional, model, type Sequential, sequential } from '../../lib/model/index.js'
import { Model } from '../../lib/model/model.js'
import { runtime } from '../../lib/native/runtime.js'
import { layers } from '../../lib/nn/index.js'
import { Layer, type SymbolicTensor } from '../../lib/nn/layer.js'
import { randomNormal, randomUniform } from '../../lib/tensor/creation.js'
import { setSeed } from '../../lib/tensor/random.js'
import { tidy } from '../../lib/tensor/scope.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { foldBatchNormalization } from '../../lib/tools/index.js'
import { failure } from '../helpers/failure.js'

/** A model whose weights, statistics included, are random; variances are positive. */
function randomized(stack: Layer[], inputShape: number[]): Sequential {
  setSeed(11)
  const model = sequential({ layers: [layers.input({ shape: inputShape }), ...stack] })
  tidy(() =>
    model.setWeights(
      model.weights.map(({ name, shape }) =>
        name.endsWith('movingVariance')
          ? randomUniform(shape, { min: 0.1, max: 3 })
          : randomNormal(shape, { stddev: 0.5 }),
      ),
    ),
  )
  return model
}

/** The largest difference of two models' outputs, relative to the largest output where that is above 1. */
function difference(a: Sequential, b: Sequential, x: Tensor): number {
  const [p, q]: [number[], number[]] = [[...a.predictSync(x).data()], [...b.predictSync(x).data()]]
  expect(q.length).toBe(p.length)
  const largest = p.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
  return p.reduce((most, value, i) => Math.max(most, Math.abs(value - (q[i] as number))), 0) / largest
}

/** The largest difference, relative to the largest element where that is above 1. */
function apart(p: Tensor, q: Tensor): number {
  expect(q.shape).toEqual(p.shape)
  return p.sub(q).abs().max().item() / Math.max(1, p.abs().max().item())
}

const { batchNormalization, dense, dropout, flatten, reshape, activation } = layers

describe('folds', () => {
  const cases: [string, () => Layer[], number[], [string, string][]][] = [
    [
      'into the linear layer before',
      () => [dense({ units: 7, name: 'a' }), batchNormalization({ name: 'n' })],
      [5],
      [['n', 'a']],
    ],
    [
      'into the layer after, behind an activation',
      () => [
        dense({ units: 7, activation: 'elu', name: 'a' }),
        batchNormalization({ name: 'n' }),
        dense({ units: 3, activation: 'softmax', name: 'b' }),
      ],
      [5],
      [['n', 'b']],
    ],
    [
      'before the activation',
      () => [
        dense({ units: 7, name: 'a', useBias: false }),
        batchNormalization({ name: 'n' }),
        activation({ activation: 'relu' }),
        dense({ units: 3 }),
      ],
      [5],
      [['n', 'a']],
    ],
    [
      'two in a row, and without a bias, gamma or beta',
      () => [
        batchNormalization({ name: 'm', scale: false }),
        batchNormalization({ name: 'n', center: false }),
        dense({ units: 3, name: 'b', useBias: false }),
      ],
      [4],
      [
        ['n', 'b'],
        ['m', 'b'],
      ],
    ],
    [
      'images, through flatten, dropout and reshape, on any axis',
      () => [
        batchNormalization({ name: 'm', axis: 1 }),
        flatten(),
        dropout({ rate: 0.5 }),
        dense({ units: 6, name: 'a' }),
        reshape({ targetShape: [3, 2] }),
        activation({ activation: 'linear' }),
        batchNormalization({ name: 'n' }),
      ],
      [4, 3],
      [
        ['n', 'a'],
        ['m', 'a'],
      ],
    ],
    [
      "the lecture's network",
      () => [
        flatten(),
        batchNormalization({ name: '1' }),
        dense({ units: 30, activation: 'elu', kernelInitializer: 'heNormal', name: 'a' }),
        batchNormalization({ name: '2' }),
        dense({ units: 10, activation: 'elu', name: 'b' }),
        batchNormalization({ name: '3' }),
        dense({ units: 10, activation: 'softmax', name: 'c' }),
      ],
      [8, 8],
      [
        ['3', 'c'],
        ['2', 'b'],
        ['1', 'a'],
      ],
    ],
  ]
  it.each(cases)('%s', (_, make, inputShape, expected) => {
    const model = randomized(make(), inputShape)
    const before = model.getWeights().map((weight) => weight.data())
    const result = foldBatchNormalization(model)
    expect(result.folded.map(({ layer, into }) => [layer, into]).sort()).toEqual([...expected].sort())
    expect(result.kept).toEqual([])
    expect(result.model.layers.map(({ className }) => className)).not.toContain('BatchNormalization')
    expect(difference(model, result.model, randomNormal([64, ...inputShape], { seed: 1 }))).toBeLessThan(1e-5)
    expect(model.getWeights().map((weight) => weight.data())).toEqual(before)
  })
})

describe('keeps', () => {
  it('what has no dense layer beside it, and says why', () => {
    const model = randomized(
      [
        dense({ units: 6, activation: 'relu', name: 'a' }),
        batchNormalization({ name: 'n' }),
        activation({ activation: 'tanh', name: 't' }),
        dense({ units: 2, name: 'b' }),
      ],
      [3],
    )
    const { kept, folded, model: same } = foldBatchNormalization(model)
    expect(folded).toEqual([])
    expect(kept).toEqual([
      {
        layer: 'n',
        reason: 'no dense layer is next to it: before it stands Dense "a" with an activation, after it Activation "t"',
      },
    ])
    expect(difference(model, same, randomNormal([8, 3], { seed: 1 }))).toBe(0)
  })

  it('what differs along an axis over which the kernel is shared', () => {
    const model = randomized([batchNormalization({ name: 'n', axis: 1 }), dense({ units: 2 })], [4, 3])
    const { kept, model: same } = foldBatchNormalization(model)
    expect(kept).toMatchObject([{ layer: 'n', reason: expect.stringContaining('shares its kernel') }])
    expect(difference(model, same, randomNormal([8, 4, 3], { seed: 1 }))).toBe(0)
  })

  it("a user's dense layer as it is", () => {
    class Mine extends Layer {
      override build([features = 0]: number[]): void {
        this.addWeight('kernel', [features, 2], { initializer: 'glorotNormal' })
      }
      override call(x: Tensor): Tensor {
        return x.matmul(this.weights[0] as Tensor)
      }
    }
    const model = randomized([new Mine(), batchNormalization()], [3])
    const result = foldBatchNormalization(model)
    expect([result.folded.length, result.kept.length]).toEqual([0, 1])
    expect(difference(model, result.model, randomNormal([8, 3], { seed: 1 }))).toBe(0)
  })
})

it('refuses what it cannot take', () => {
  expect(failure(() => foldBatchNormalization(null as never)).message).toContain('[foldBatchNormalization]')
  expect(failure(() => foldBatchNormalization(sequential({ layers: [dense({ units: 1 })] }))).message).toContain(
    'no weights yet',
  )
})

/** Random weights, with positive variances, for a functional model. */
function shake<Y extends Tensor | Tensor[]>(net: Functional<Y>): Functional<Y> {
  tidy(() =>
    net.setWeights(
      net.weights.map(({ name, shape }, seed) =>
        name.endsWith('movingVariance')
          ? randomUniform(shape, { min: 0.1, max: 3, seed })
          : randomNormal(shape, { stddev: 0.5, seed }),
      ),
    ),
  )
  return net
}

describe('functional models', () => {
  const { add, input } = layers

  it('are folded along their branches, and keep what is read elsewhere, too', () => {
    const images = input({ shape: [6], name: 'x' })
    const a = dense({ units: 5, name: 'a' }).apply(images)
    const b = activation({ activation: 'relu' }).apply(batchNormalization({ name: 'behind a' }).apply(a))
    const c = batchNormalization({ name: 'read twice' }).apply(b)
    const d = dense({ units: 5, activation: 'tanh', name: 'd' }).apply(c)
    const sum = add().apply([c, d])
    const e = batchNormalization({ name: 'before f' }).apply(sum)
    const net = shake(
      model({ inputs: images, outputs: dense({ units: 3, name: 'f' }).apply(dropout({ rate: 0.5 }).apply(e)) }),
    )
    const { model: folded, folded: pairs, kept } = foldBatchNormalization(net)
    expect(pairs).toEqual([
      { layer: 'behind a', into: 'a' },
      { layer: 'before f', into: 'f' },
    ])
    expect(kept).toEqual([{ layer: 'read twice', reason: expect.stringContaining('after it an output or a fork') }])
    const x = randomNormal([64, 6], { seed: 1 })
    const [p, q] = [net.predictSync(x).data(), folded.predictSync(x).data()]
    p.forEach((value, i) => {
      expect(Math.abs(value - (q[i] as number))).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
    })
    expect([folded.inputNames, folded.outputNames]).toEqual([net.inputNames, net.outputNames])
  })

  it('keep a layer that is used twice, several outputs by name, and the dtype of the input', () => {
    const ids = input({ shape: [4], dtype: 'int32', name: 'ids' })
    const words = layers.flatten().apply(layers.embedding({ inputDim: 9, outputDim: 3 }).apply(ids))
    const [shared, twice] = [dense({ units: 12, name: 'shared' }), batchNormalization({ name: 'twice' })]
    const y = twice.apply(shared.apply(twice.apply(shared.apply(words))))
    const z = batchNormalization({ name: 'end' }).apply(dense({ units: 2, name: 'last' }).apply(y))
    const net = shake(model({ inputs: ids, outputs: { y, z } }))
    const result = foldBatchNormalization(net)
    expect(result.folded).toEqual([{ layer: 'end', into: 'last' }])
    expect(result.kept).toEqual([{ layer: 'twice', reason: 'it is used more than once' }])
    expect(result.model.inputs[0]?.dtype).toBe('int32')
    expect(result.model.outputNames).toEqual(['y', 'z'])
    const x = randomUniform([20, 4], { max: 9, seed: 2 }).cast('int32')
    const [before, after] = [net, result.model].map((m) => m.callAll([x]).map((t) => t.data()))
    before?.forEach((values, part) => {
      values.forEach((value, i) => {
        expect(Math.abs(value - (after?.[part]?.[i] as number))).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
      })
    })
  })

  it('and sequential ones in them are folded each by itself', () => {
    const inner = sequential({
      name: 'inner',
      layers: [dense({ units: 4, inputShape: [5], name: 'i' }), batchNormalization({ name: 'n' })],
    })
    const x = input({ shape: [5] })
    const net = shake(model({ inputs: x, outputs: dense({ units: 2 }).apply(inner.apply(x)) }))
    const before = runtime.memory().tensors
    const { model: folded, folded: pairs, kept } = foldBatchNormalization(net)
    expect(runtime.memory().tensors - before).toBe(folded.weights.length)
    expect([pairs, kept]).toEqual([[{ layer: 'n', into: 'i' }], []])
    expect(folded.layers.map(({ name }) => name)).toContain('inner')
    const given = randomNormal([16, 5], { seed: 1 })
    const [p, q] = [net.predictSync(given).data(), folded.predictSync(given).data()]
    p.forEach((value, i) => {
      expect(Math.abs(value - (q[i] as number))).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)))
    })
  })

  it('are folded inside functional and sequential ones, with several inputs and outputs, and used twice', () => {
    const [left, right] = [input({ shape: [5], name: 'left' }), input({ shape: [5], name: 'right' })]
    const side = dense({ units: 4, name: 'side' })
    const difference = layers.subtract().apply([side.apply(left), side.apply(right)])
    const score = batchNormalization({ name: 'of score' }).apply(dense({ units: 3, name: 'score' }).apply(difference))
    const code = dense({ units: 2, name: 'code' }).apply(batchNormalization({ name: 'of code' }).apply(difference))
    const pair = model({ name: 'pair', inputs: [left, right], outputs: { score, code } })
    const [x, y] = [input({ shape: [5], name: 'x' }), input({ shape: [5], name: 'y' })]
    const [first, second] = [pair.apply([x, y]), pair.apply([y, x])] as SymbolicTensor[][]
    const all = layers.concatenate().apply([...(first ?? []), ...(second ?? [])])
    const end = batchNormalization({ name: 'of end' }).apply(dense({ units: 2, name: 'end' }).apply(all))
    const net = shake(model({ inputs: [x, y], outputs: end }))
    const { model: folded, folded: pairs, kept } = foldBatchNormalization(net)
    expect(pairs).toEqual([
      { layer: 'of end', into: 'end' },
      { layer: 'of score', into: 'score' },
      { layer: 'of code', into: 'code' },
    ])
    expect(kept).toEqual([])
    expect(folded.weights.map(({ name }) => name)).toEqual(
      net.weights.map(({ name }) => name).filter((name) => !name.startsWith('of ')),
    )
    const given = [1, 2].map((seed) => randomNormal([16, 5], { seed }))
    expect(apart(net.call(given), folded.call(given))).toBeLessThan(1e-5)

    const tower = model({ name: 'tower', inputs: x, outputs: side.apply(batchNormalization({ name: 'n' }).apply(x)) })
    const stack = sequential({ layers: [tower, dense({ units: 1 })] })
    const result = foldBatchNormalization(stack)
    expect(result.folded).toEqual([{ layer: 'n', into: 'side' }])
    const [samples] = given as [Tensor]
    expect(apart(stack.call(samples), result.model.call(samples))).toBeLessThan(1e-5)
  })

  it('are frozen as before, and so is what they are part of', () => {
    const block = (name: string) => {
      const x = input({ shape: [4], name: `${name} x` })
      const y = batchNormalization({ name: `${name} n` }).apply(dense({ units: 4, name: `${name} a` }).apply(x))
      return model({ name, inputs: x, outputs: dense({ units: 4, name: `${name} b` }).apply(y) })
    }
    const [frozen, partly, free] = [block('frozen'), block('partly'), block('free')]
    const stack = sequential({
      name: 'stack',
      layers: [dense({ units: 4, inputShape: [4], name: 'first' }), batchNormalization()],
    })
    const x = input({ shape: [4] })
    const net = model({ inputs: x, outputs: free.apply(partly.apply(frozen.apply(stack.apply(x)))) })
    frozen.trainable = false
    partly.trainable = false
    partly.getLayer('partly b').trainable = true
    stack.trainable = false
    const flags = (of: Model): [string, boolean][] =>
      of.layers.flatMap((layer) => [
        [layer.name, layer.trainable] as [string, boolean],
        ...(layer instanceof Model ? flags(layer) : []),
      ])
    const names = (of: Model) => of.trainableWeights.map(({ name }) => name)
    const without = <T>(list: T[]) => list.filter((entry) => !/ [nx]\b|batch_norm|input/.test(String(entry)))
    const { model: folded } = foldBatchNormalization(net)
    expect(without(flags(folded))).toEqual(without(flags(net)))
    expect(names(folded)).toEqual(without(names(net)))
    expect(names(folded)).toContain('partly b/kernel')
    expect(names(folded)).not.toContain('frozen a/kernel')
    net.trainable = false
    expect(foldBatchNormalization(net).model.trainable).toBe(false)
  })

  it('of layers one after the other keep the dtype of their input layer', () => {
    const net = sequential({
      layers: [
        input({ shape: [4], dtype: 'int32', name: 'ids' }),
        layers.embedding({ inputDim: 9, outputDim: 3 }),
        flatten(),
        dense({ units: 2 }),
        batchNormalization(),
      ],
    })
    const { model: folded } = foldBatchNormalization(net)
    expect(folded.inputNames).toEqual(['ids'])
    expect(folded.inputLayer?.dtype).toBe('int32')
    const x = randomUniform([20, 4], { max: 9, seed: 2 }).cast('int32')
    expect(difference(net, folded, x)).toBeLessThan(1e-5)
  })
})

it('leaves no tensor behind but the new weights', () => {
  const model = randomized([dense({ units: 7 }), batchNormalization(), dense({ units: 2 })], [5])
  const before = runtime.memory().tensors
  const { model: folded } = foldBatchNormalization(model)
  expect(runtime.memory().tensors - before).toBe(folded.weights.length)
})

describe('across forks and models', () => {
  const { input } = layers
  const x = randomNormal([32, 5], { seed: 1 })
  const normalized = (name: string, y: SymbolicTensor) => batchNormalization({ name }).apply(y)

  it('a normalization that several dense layers and nothing else read goes into each', () => {
    const start = input({ shape: [5] })
    const hidden = dense({ units: 6, activation: 'relu', name: 'a' }).apply(start)
    const n = normalized('n', hidden)
    const left = dense({ units: 2, name: 'left', useBias: false }).apply(n)
    const right = dense({ units: 3, name: 'right', activation: 'softmax' }).apply(dropout({ rate: 0.5 }).apply(n))
    const net = shake(model({ inputs: start, outputs: [left, right] }))
    const { model: folded, folded: pairs, kept } = foldBatchNormalization(net)
    expect([pairs, kept]).toEqual([
      [
        { layer: 'n', into: 'left' },
        { layer: 'n', into: 'right' },
      ],
      [],
    ])
    const [before, after] = [net, folded].map((m) => m.callAll([x])) as [Tensor[], Tensor[]]
    before.forEach((output, i) => {
      expect(apart(output, after[i] as Tensor)).toBeLessThan(1e-5)
    })
  })

  it('one that a dense layer and something else read stays', () => {
    const start = input({ shape: [5] })
    const n = normalized('n', dense({ units: 3, activation: 'relu' }).apply(start))
    const other = activation({ activation: 'tanh' }).apply(n)
    const net = shake(model({ inputs: start, outputs: layers.add().apply([dense({ units: 3 }).apply(n), other]) }))
    const { model: same, folded, kept } = foldBatchNormalization(net)
    expect([folded, kept.map(({ layer }) => layer)]).toEqual([[], ['n']])
    expect(apart(net.call(x), same.call(x))).toBe(0)
  })

  it('one at the end or the beginning of a model inside goes into the dense layers outside', () => {
    const body = sequential({
      name: 'body',
      layers: [
        batchNormalization({ name: 'first', inputShape: [7] }),
        activation({ activation: 'tanh' }),
        dense({ units: 4, activation: 'relu', name: 'inner' }),
        batchNormalization({ name: 'last' }),
      ],
    })
    const start = input({ shape: [5] })
    const features = body.apply(dense({ units: 7, name: 'before' }).apply(start))
    const heads = ['p', 'q'].map((name) => dense({ units: 2, name }).apply(features)) as [
      SymbolicTensor,
      SymbolicTensor,
    ]
    const net = shake(model({ inputs: start, outputs: layers.concatenate().apply(heads) }))
    const { model: folded, folded: pairs, kept } = foldBatchNormalization(net)
    expect(pairs).toEqual([
      { layer: 'first', into: 'before' },
      { layer: 'last', into: 'p' },
      { layer: 'last', into: 'q' },
    ])
    expect(kept).toEqual([])
    expect(apart(net.call(x), folded.call(x))).toBeLessThan(1e-5)
  })

  it('several in a row in several models go one by one', () => {
    const inside = (name: string, units: number) => {
      const a = input({ shape: [units] })
      return model({
        name,
        inputs: a,
        outputs: normalized(`${name} n`, layers.reshape({ targetShape: [units] }).apply(a)),
      })
    }
    const start = input({ shape: [5] })
    const y = normalized('outer n', inside('b', 5).apply(inside('a', 5).apply(start)))
    const net = shake(model({ inputs: start, outputs: dense({ units: 2, name: 'd' }).apply(y) }))
    const { model: folded, folded: pairs, kept } = foldBatchNormalization(net)
    expect(pairs).toEqual(['outer n', 'b n', 'a n'].map((layer) => ({ layer, into: 'd' })))
    expect(kept).toEqual([])
    expect(apart(net.call(x), folded.call(x))).toBeLessThan(1e-5)
  })

  it('nothing leaves a model that is used twice, or that would be left without a layer', () => {
    const twice = sequential({
      name: 'twice',
      layers: [dense({ units: 5, activation: 'relu', inputShape: [5] }), batchNormalization({ name: 'n' })],
    })
    const alone = sequential({ name: 'alone', layers: [batchNormalization({ name: 'm', inputShape: [5] })] })
    const start = input({ shape: [5] })
    const net = shake(
      model({ inputs: start, outputs: dense({ units: 2 }).apply(alone.apply(twice.apply(twice.apply(start)))) }),
    )
    const { model: same, folded, kept } = foldBatchNormalization(net)
    expect(folded).toEqual([])
    expect(kept).toEqual([
      { layer: 'n', reason: expect.stringMatching(/with an activation, after it the output$/) },
      { layer: 'm', reason: 'the model that it is in has no other layer' },
    ])
    expect(apart(net.call(x), same.call(x))).toBe(0)
  })

  it('a dense layer that stands in two models stays as it is', () => {
    const shared = dense({ units: 5, name: 'shared' })
    const inner = sequential({
      name: 'inner',
      layers: [layers.input({ shape: [5] }), shared, batchNormalization({ name: 'n' })],
    })
    const start = input({ shape: [5] })
    const net = shake(model({ inputs: start, outputs: inner.apply(shared.apply(start)) }))
    const { model: same, folded, kept } = foldBatchNormalization(net)
    expect([folded, kept.map(({ layer }) => layer)]).toEqual([[], ['n']])
    expect(apart(net.call(x), same.call(x))).toBe(0)
  })
})

describe("what is the user's own", () => {
  it.each([
    ['activation', { activation: (x: Tensor) => x.square() }, 'b'],
    ['initializer', { kernelInitializer: (shape: readonly number[]) => randomNormal([...shape]) }, 'a'],
    ['regularizer', { kernelRegularizer: (w: Tensor) => w.abs().sum() }, 'a'],
    ['constraint', { kernelConstraint: (w: Tensor) => w.relu() }, 'a'],
    ['activity regularizer', { activityRegularizer: (y: Tensor) => y.square().sum() }, 'a'],
  ])('%s functions stay in the new model', (_, options, into) => {
    const net = randomized(
      [dense({ units: 4, name: 'a', ...options }), batchNormalization({ name: 'n' }), dense({ units: 2, name: 'b' })],
      [3],
    )
    const { model: folded, folded: pairs } = foldBatchNormalization(net)
    expect(pairs).toEqual([{ layer: 'n', into }])
    expect(difference(net, folded, randomNormal([16, 3], { seed: 1 }))).toBeLessThan(1e-5)
    expect(folded.regularizationLoss().item() > 0).toBe(net.regularizationLoss().item() > 0)
    expect(failure(() => net.layers[0]?.getConfig()).code).toBe('ERR_FORMAT')
  })

  class Lambda extends Layer {
    constructor(private readonly fn: (x: Tensor) => Tensor) {
      super()
    }
    override call(x: Tensor): Tensor {
      return this.fn(x)
    }
  }

  it('a layer without weights whose constructor takes something else than a config stays itself', () => {
    const lambda = new Lambda((x) => x.sin())
    const net = randomized([dense({ units: 4, name: 'a' }), batchNormalization({ name: 'n' }), lambda], [3])
    const { model: folded } = foldBatchNormalization(net)
    expect(folded.layers.at(-1)).toBe(lambda)
    expect(difference(net, folded, randomNormal([16, 3], { seed: 1 }))).toBeLessThan(1e-5)
  })

  it('one with weights is refused by name', () => {
    class Scale extends Lambda {
      override build(): void {
        this.addWeight('scale', [])
      }
    }
    const net = sequential({
      layers: [dense({ units: 4, inputShape: [3] }), batchNormalization(), new Scale((x) => x)],
    })
    expect(failure(() => foldBatchNormalization(net))).toEqual({
      code: 'ERR_FORMAT',
      message:
        '[foldBatchNormalization] Scale "scale" cannot be made anew: the constructor of Scale must take what its getConfig() gives, and ' +
        'hand it on to super(…)',
    })
  })
})
