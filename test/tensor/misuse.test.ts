import { describe, expect, it } from 'vitest'
import type { l2 } from '../../lib/nn/regularizers/index.js'
import * as ops from '../../lib/ops/index.js'
import { full, ones, randomNormal, tensor } from '../../lib/tensor/creation.js'
import { Parameter } from '../../lib/tensor/parameter.js'
import { failure } from '../helpers/failure.js'

// What people write from the memory of another library, and JavaScript lets them.

type Loose = (...args: unknown[]) => unknown
const loose = (fn: unknown): Loose => fn as Loose
const x = tensor([
  [1, 2, 3],
  [4, 5, 6],
])

describe('a shape', () => {
  it('cannot be set', () => {
    const y = ones([2, 3])
    expect(() => Object.assign(y, { shape: [3] })).toThrow(TypeError)
    expect(y.add(1).shape).toEqual([2, 3])
  })

  it('is not the array that it was made of', () => {
    for (const make of [
      ones,
      (shape: number[]) => full(shape, 1),
      randomNormal,
      (shape: number[]) => ops.reshape(x, shape),
    ]) {
      const shape = [3, 2]
      const y = make(shape)
      shape[0] = 9
      expect(y.add(1).shape).toEqual([3, 2])
    }
  })
})

describe('flags must be true or false', () => {
  const { sum, mean, variance, max, min, prod, logSumExp } = ops
  it.each(Object.entries({ sum, mean, variance, max, min, prod, logSumExp }))('%s', (name, reduce) => {
    for (const wrong of [{ keepDims: false }, 'yes', 1, null])
      expect(failure(() => loose(reduce)(x, 0, wrong))).toEqual({
        code: 'ERR_ARGUMENT',
        message: expect.stringMatching(new RegExp(`^\\[${name}\\] keepDims must be true or false, got `)),
      })
  })

  it.each([
    ['gelu', () => loose(ops.gelu)(x, 'none'), '[gelu] approximate must be true or false, got "none"'],
    [
      'gelu with options',
      () => loose(ops.gelu)(x, { approximate: 1 }),
      '[gelu] approximate must be true or false, got 1',
    ],
    ['gelu with null', () => loose(ops.gelu)(x, null), '[gelu] approximate must be true or false, got null'],
    [
      'gelu with another option',
      () => loose(ops.gelu)(x, { aproximate: true }),
      '[gelu] unknown option "aproximate". Did you mean "approximate"? Known: approximate',
    ],
    ['matmul', () => loose(ops.matmul)(x, x, { transposeB: 1 }), '[matmul] transposeB must be true or false, got 1'],
    [
      'tensor',
      () => loose(tensor)([1], [1], { requiresGrad: 'yes' }),
      '[tensor] requiresGrad must be true or false, got "yes"',
    ],
    [
      'requiresGrad',
      () => {
        Object.assign(ones([1]), { requiresGrad: 'yes' })
      },
      '[requiresGrad] the value must be true or false, got "yes"',
    ],
  ])('%s', (_, fn, message) => {
    expect(failure(fn)).toEqual({ code: 'ERR_ARGUMENT', message })
  })
})

it('wants numbers where numbers are meant', () => {
  for (const [min, max] of [
    [null, 2],
    ['1', 2],
    [2, undefined],
    [Number.NaN, 2],
  ])
    expect(failure(() => loose(ops.clip)(x, min, max))).toEqual({
      code: 'ERR_ARGUMENT',
      message: `[clip] min and max must be numbers, min ≤ max (−Infinity, Infinity: no bound), got ${typeof min === 'string' ? '"1"' : min}, ${max}`,
    })
  expect(failure(() => loose(randomNormal)([2], { stddev: '1' })).code).toBe('ERR_ARGUMENT')
  expect(failure(() => randomNormal([2], { stddev: Number.POSITIVE_INFINITY })).message).toMatch(
    /^\[randomNormal\] mean/,
  )
  expect(failure(() => full([2], 1.5, { dtype: 'int32' }))).toEqual({
    code: 'ERR_ARGUMENT',
    message: '[full] int32 cannot hold the value 1.5',
  })
  const whole = tensor([1, 2], [2], { dtype: 'int32' })
  expect(whole.add(3e9).dtype).toBe('float32')
  expect(whole.greater(3e9).toArray()).toEqual([false, false])
  expect(failure(() => ops.logSumExp(ones([0, 3]), 0))).toEqual({
    code: 'ERR_SHAPE',
    message: '[logSumExp] of nothing: the shape is [0, 3]',
  })
})

it('says what was found among the values of a tensor', () => {
  const cases: [unknown, RegExp][] = [
    [x, /got a Tensor; join tensors by stack or concat, change the dtype by cast$/],
    [[x, x], /got a Tensor; join/],
    [
      [new Float32Array(2), new Float32Array(2)],
      /got a Float32Array of 2 values inside an array; put all values into one typed array/,
    ],
    [['1'], /got the string "1"$/],
    [[null], /got null$/],
    [new ArrayBuffer(8), /got an ArrayBuffer$/],
  ]
  for (const [data, message] of cases)
    expect(failure(() => loose(tensor)(data))).toEqual({
      code: 'ERR_ARGUMENT',
      message: expect.stringMatching(message),
    })
})

describe('operators of the language', () => {
  it('take a tensor of one element as its number', () => {
    expect(tensor(0.25) < Object(0.5)).toBe(true)
    expect(Number(tensor([[0.25]]))).toBe(0.25)
  })

  it('refuse any other', () => {
    expect(failure(() => Number(x))).toEqual({
      code: 'ERR_ARGUMENT',
      message:
        '[Tensor] operators such as < and * do not work on a tensor of shape [2, 3]; use its methods: less, mul, …',
    })
  })

  it('write it out in a text', () => {
    expect(`${tensor([1, 2])}`).toBe(tensor([1, 2]).toString())
    expect('loss: '.concat(String(tensor(1)))).toBe(`loss: ${tensor(1).toString()}`)
  })
})

it('refuses options of backward that are unknown, and a gradient that is not float32', () => {
  const root = () => tensor(1, [], { requiresGrad: true }).mul(2)
  const backward = (...args: unknown[]) => failure(() => loose(ops.add)(0, 0) && (root().backward as Loose)(...args))
  expect(backward(undefined, { retain_graph: true }).message).toMatch(/^\[backward\] unknown option "retain_graph"/)
  expect(backward(undefined, 5).message).toBe('[backward] the options must be an object, got 5')
  expect(backward(tensor(1, [], { dtype: 'int32' }))).toEqual({
    code: 'ERR_DTYPE',
    message: '[backward] the gradient must be float32, got int32; cast it',
  })
})

it.each([
  [{ foo: 1 }, /^\[Parameter\] unknown option "foo"/],
  [null, /^\[Parameter\] the options must be an object, got null/],
  ['w', /^\[Parameter\] the options must be an object, got "w"/],
  [{ name: 5 }, /^\[Parameter\] name must be a text, got 5/],
  [{ trainable: 'no' }, /^\[Parameter\] trainable must be true or false, got "no"/],
  [
    { learningRateMultiplier: Number.NaN },
    /^\[Parameter\] learningRateMultiplier must be a finite number from 0, got NaN/,
  ],
  [
    { regularizer: 'l2' },
    /^\[Parameter\] regularizer must be a function of the weight, such as one of regularizers, got "l2"/,
  ],
])('a parameter refuses the options %j, and leaves the tensor alone', (options, message) => {
  const value = ones([2])
  const make = (o: unknown) => new Parameter(value, o as { regularizer?: ReturnType<typeof l2> })
  expect(failure(() => make(options))).toEqual({ code: 'ERR_ARGUMENT', message: expect.stringMatching(message) })
  expect(value.toArray()).toEqual([1, 1])
})

it('a parameter of whole numbers is not trained', () => {
  const value = ones([2], { dtype: 'int32' })
  expect(failure(() => new Parameter(value))).toEqual({
    code: 'ERR_DTYPE',
    message: '[Parameter] only float32 can be trained, "parameter" is int32; cast it, or give trainable: false',
  })
  expect(new Parameter(value, { trainable: false }).toArray()).toEqual([1, 1])
})
