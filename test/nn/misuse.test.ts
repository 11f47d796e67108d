import { describe, expect, it } from 'vitest'
import {
  compile,
  compileStep,
  foldBatchNormalization,
  input,
  layers,
  model,
  optimizers,
  relu,
  sequential,
  sparsity,
} from '../../lib/index.js'
import * as constraints from '../../lib/nn/constraints/index.js'
import * as initializers from '../../lib/nn/initializers/index.js'
import { Layer } from '../../lib/nn/layer.js'
import * as regularizers from '../../lib/nn/regularizers/index.js'
import { ones, tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import type { Tensor } from '../../lib/tensor/tensor.js'
import { failure } from '../helpers/failure.js'

// What people write from the memory of Keras, and JavaScript lets them.

type Loose = (...args: unknown[]) => unknown
const loose = (fn: unknown): Loose => fn as Loose
const x = ones([4, 3])

describe('options of a call', () => {
  const layer = layers.dense({ units: 2, name: 'layer' })
  const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })], name: 'net' })

  it.each([
    [{ traning: true }, 'unknown option "traning". Did you mean "training"? Known: training, dropout'],
    [{ training: 'yes' }, 'training must be true or false, got "yes"'],
    [{ dropout: 1 }, 'dropout must be true or false, got 1'],
    [true, 'the options must be an object, got true'],
    [null, 'the options must be an object, got null'],
  ])('%j are refused by layers and models', (options, message) => {
    const apply = (given: unknown) => layer.apply(x, given as { training: boolean })
    const call = (given: unknown) => net.call(x, given as { training: boolean })
    expect(failure(() => apply(options))).toEqual({ code: 'ERR_ARGUMENT', message: `[Dense "layer"] ${message}` })
    expect(failure(() => call(options))).toEqual({ code: 'ERR_ARGUMENT', message: `[Sequential "net"] ${message}` })
  })
})

it.each([
  [
    { kernelInitializer: initializers.heNormal },
    'initializers.heNormal makes one: give initializers.heNormal(…), or "heNormal"',
  ],
  [{ kernelRegularizer: regularizers.l2 }, 'regularizers.l2 makes one: give regularizers.l2(…), or "l2"'],
  [
    { kernelConstraint: constraints.maxNorm },
    'constraints.maxNorm makes one: give constraints.maxNorm(…), or "maxNorm"',
  ],
])('a choice that was not called is refused when it is given', (options, message) => {
  expect(failure(() => loose(layers.dense)({ units: 2, name: 'd', ...options }))).toEqual({
    code: 'ERR_ARGUMENT',
    message: `[Dense "d"] ${message}`,
  })
})

describe('weights', () => {
  const layer = layers.dense({ units: 2, name: 'layer' })
  const addWeight = (...args: unknown[]) => failure(() => loose(layer.addWeight.bind(layer))(...args))

  it.each([
    [['w', [2], { init: 'zeros' }], 'ERR_ARGUMENT', /^\[Dense "layer"\] unknown option "init"/],
    [['w', [2], null], 'ERR_ARGUMENT', /^\[Dense "layer"\] the options must be an object, got null/],
    [['w', [2], { trainable: 'no' }], 'ERR_ARGUMENT', /^\[Dense "layer"\] trainable must be true or false/],
    [[5, [2]], 'ERR_ARGUMENT', /^\[Dense "layer"\] a weight's name must be a text, got 5/],
    [['w', 2], 'ERR_SHAPE', /^\[Dense "layer" w\] a shape is an array/],
    [['w'], 'ERR_SHAPE', /^\[Dense "layer" w\] a shape is an array/],
    [['w', [1e6, 1e9]], 'ERR_MEMORY', /^\[Dense "layer" w\] \[1000000, 1000000000\] has too many elements/],
  ])('refuses %j', (args, code, message) => {
    expect(addWeight(...args)).toEqual({ code, message: expect.stringMatching(message) })
    expect(layer.weights).toEqual([])
  })
})

it('normalization refuses statistics that are no finite numbers', () => {
  for (const [mean, variance, message] of [
    ['a', 1, /mean must be a finite number/],
    [Number.NaN, 1, /mean must be a finite number/],
    [0, Number.NaN, /variance must be a finite number/],
    [0, -1, /variance must not be negative, got -1/],
  ] as const)
    expect(failure(() => loose(layers.normalization)({ mean, variance }))).toEqual({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(message),
    })
})

describe('layers of a user', () => {
  it('need a method call', () => {
    class Mine extends (Layer as abstract new (options?: { name: string }) => Layer) {
      declare call: (x: Tensor | readonly Tensor[]) => Tensor
    }
    expect(failure(() => new Mine({ name: 'mine' }).apply(x))).toEqual({
      code: 'ERR_ARGUMENT',
      message: '[Mine "mine"] needs a method call(x, options), which returns a Tensor',
    })
  })

  it('cannot branch on values inside a plan, not by an operator either', () => {
    const branching = compile((a: Tensor) => (Number(a.sum()) > 0 ? a : a.neg()))
    expect(failure(() => branching(x)).message).toMatch(/^\[item\] inside compile\(\) a tensor has no elements yet/)
  })
})

it('ops say that layers are what takes a symbolic tensor', () => {
  const i = input({ shape: [3], name: 'i' })
  expect(failure(() => loose(relu)(i))).toEqual({
    code: 'ERR_ARGUMENT',
    message:
      '[relu] x must be a Tensor, got SymbolicTensor(i, [batch, 3]), which only layers take: layers.activation, layers.add, … or one of your own',
  })
})

it('models refuse layers instead of options, and what is no printer', () => {
  expect(failure(() => loose(sequential)([layers.dense({ units: 2 })]))).toEqual({
    code: 'ERR_ARGUMENT',
    message: '[sequential] takes options: sequential({ layers: [...] }), not the layers alone',
  })
  const i = input({ shape: [3] })
  const net = model({ inputs: i, outputs: layers.dense({ units: 2 }).apply(i), name: 'net' })
  for (const [wrong, shown] of [
    [true, 'true'],
    [null, 'null'],
    [5, '5'],
    ['log', '"log"'],
  ])
    expect(failure(() => loose(net.summary.bind(net))(wrong))).toEqual({
      code: 'ERR_ARGUMENT',
      message: `[Functional "net"] summary takes a function that prints the text, or false, got ${shown}`,
    })
})

describe('parameters to update', () => {
  const p = new Parameter(tensor([1]), { name: 'p' })
  const sgd = optimizers.sgd({ learningRate: 0.1 })
  const twice = '"p" stands twice among the parameters; list each once: [...new Set(parameters)]'

  it('are parameters, each once: a second update in one step would double the rate', () => {
    p.mul(1).sum().backward()
    expect(failure(() => sgd.apply([p, p]))).toEqual({ code: 'ERR_ARGUMENT', message: `[sgd] ${twice}` })
    expect(failure(() => compileStep(() => p.sum(), { parameters: [p, p], optimizer: sgd }))).toEqual({
      code: 'ERR_ARGUMENT',
      message: `[compileStep] ${twice}`,
    })
    for (const wrong of [5, undefined, [ones([1])], p])
      expect(failure(() => loose(sgd.apply.bind(sgd))(wrong))).toEqual({
        code: 'ERR_ARGUMENT',
        message: '[sgd] parameters must be a list of Parameter, such as model.trainableWeights',
      })
    expect(p.item()).toBe(1)
  })

  it('need an optimizer, not what makes one', () => {
    expect(failure(() => loose(compileStep)(() => p.sum(), { parameters: [p], optimizer: optimizers.sgd }))).toEqual({
      code: 'ERR_ARGUMENT',
      message: '[compileStep] optimizers.sgd makes one: give optimizers.sgd(…), or "sgd"',
    })
  })
})

describe('options of a layer that is called by hand', () => {
  const x = ones([2, 3])
  const made = {
    batchNormalization: layers.batchNormalization(),
    rrelu: layers.rrelu(),
    dropout: layers.dropout({ rate: 0.5 }),
  }
  it.each(Object.entries(made))('%s refuses those that are none', (_, layer) => {
    layer.ensureBuilt([3])
    for (const options of [null, 5, { trainig: true }, { training: 1 }])
      expect(() => layer.call(x, options as never)).toThrow(expect.objectContaining({ code: 'ERR_ARGUMENT' }))
    expect(layer.call(x, { training: false }).shape).toEqual([2, 3])
  })
})

describe('a Proxy of a layer or a model, as reactive frameworks make them, is refused for what it is', () => {
  const layer = layers.dense({ units: 2, inputShape: [3], name: 'inner' })
  const model = sequential({ layers: [layer], name: 'outer' })
  const cases: Record<string, () => unknown> = {
    'as a layer': () => sequential({ layers: [new Proxy(layers.dense({ units: 2, name: 'inner' }), {})] }),
    'to be folded': () => foldBatchNormalization(new Proxy(model, {})),
    'to be counted': () => sparsity(new Proxy(model, {})),
  }
  it.each(Object.entries(cases))('%s', (_, call) => {
    expect(call).toThrow(
      expect.objectContaining({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(/got a Proxy of \w+ "(inner|outer)"; give what it stands for/),
      }),
    )
  })

  it('while what it stands for goes on as before', () => {
    expect(model.layers).toEqual([layer])
    expect(model instanceof Object.getPrototypeOf(model.constructor)).toBe(true)
  })
})
