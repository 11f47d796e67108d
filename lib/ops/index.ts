import { type BackwardOptions, backward } from '../autodiff/backward.js'
import { Tensor } from '../tensor/tensor.js'
import {
  celu,
  elu,
  exponential,
  gelu,
  hardSigmoid,
  leakyRelu,
  linear,
  mish,
  prelu,
  relu,
  relu6,
  rrelu,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  tanh,
} from './activations.js'
import { abs, add, clip, div, maximum, minimum, mul, neg, sign, sub } from './arithmetic.js'
import { equal, greater, greaterEqual, less, lessEqual, notEqual, where } from './comparison.js'
import { gather, oneHot } from './indexing.js'
import { cast, concat, expandDims, flatten, pad, reshape, slice, split, squeeze, stack, transpose } from './movement.js'
import { batchNormalization, layerNormalization } from './normalization.js'
import { cos, erf, exp, expm1, log, log1p, pow, reciprocal, rsqrt, sin, sqrt, square } from './powers.js'
import { dot, matmul } from './products.js'
import { dropout } from './random.js'
import { argMax, argMin, logSumExp, max, mean, min, prod, variance } from './reductions.js'
import { logSoftmax, softmax } from './softmax.js'
import { broadcastTo, sum, tile } from './sum.js'
import './other-names.js'

/** The public ops whose first argument is a tensor. Each is a function here and a method of Tensor; for the others see below. */
const methods = {
  abs,
  add,
  argMax,
  argMin,
  batchNormalization,
  broadcastTo,
  cast,
  celu,
  clip,
  cos,
  div,
  dot,
  dropout,
  elu,
  equal,
  erf,
  exp,
  expandDims,
  expm1,
  exponential,
  flatten,
  gather,
  gelu,
  greater,
  greaterEqual,
  hardSigmoid,
  layerNormalization,
  leakyRelu,
  less,
  lessEqual,
  linear,
  log,
  log1p,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  maximum,
  mean,
  min,
  minimum,
  mish,
  mul,
  neg,
  notEqual,
  oneHot,
  pad,
  pow,
  prelu,
  prod,
  reciprocal,
  relu,
  relu6,
  reshape,
  rrelu,
  rsqrt,
  selu,
  sigmoid,
  sign,
  silu,
  sin,
  slice,
  softmax,
  softplus,
  softsign,
  split,
  sqrt,
  square,
  squeeze,
  sub,
  sum,
  tanh,
  tile,
  transpose,
  variance,
}

export type { GeluOptions, RreluOptions } from './activations.js'
export type { TensorLike } from './define.js'
export { classLabels, gatherRows } from './indexing.js'
export { softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from './losses.js'
export { batchNormalizationInference } from './normalization.js'
export type { MatmulOptions } from './products.js'
export { type DenseActivation, dense, isDenseActivation } from './products.js'
export { permutation } from './random.js'
export type { Axes } from './reductions.js'
export {
  accumulate,
  accumulateCounts,
  accumulateGradients,
  accumulateMoments,
  assign,
  assignMovingAverage,
  type CommonNumbers,
  clipFactors,
  type UpdateNumbers,
  type UpdateRule,
  update,
} from './state.js'
// The methods below are declared on it; the types need the name.
export type { Tensor }
// biome-ignore format: one op after the other
export {
  abs, add, argMax, argMin, batchNormalization, broadcastTo, cast, celu, clip, concat, cos, div, dot, dropout, elu,
  equal, erf, exp, expandDims, expm1, exponential, flatten, gather, gelu, greater, greaterEqual, hardSigmoid,
  layerNormalization, leakyRelu, less, lessEqual, linear, log, log1p, logSoftmax, logSumExp, matmul, max, maximum,
  mean, min, minimum, mish, mul, neg, notEqual, oneHot, pad, pow, prelu, prod, reciprocal, relu, relu6, reshape,
  rrelu, rsqrt, selu, sigmoid, sign, silu, sin, slice, softmax, softplus, softsign, split, sqrt, square, squeeze,
  stack, sub, sum, tanh, tile, transpose, variance, where,
}

type Methods = typeof methods

/** An op as a method: without its first argument. */
type Method<F> = F extends (x: never, ...rest: infer Rest) => infer R ? (...rest: Rest) => R : never

type TensorMethods = { [Name in keyof Methods]: Method<Methods[Name]> }

declare module '../tensor/tensor.js' {
  interface Tensor extends TensorMethods {
    /** `this` where the condition holds, else `other`. */
    where(condition: Tensor, other: Tensor | number): Tensor
    /** `this`, and behind it one tensor or several, along an axis (default 0). */
    concat(others: Tensor | readonly Tensor[], axis?: number): Tensor
    /** `this` and one tensor or several side by side, along a new axis (default 0; negative counts from the end of the result). */
    stack(others: Tensor | readonly Tensor[], axis?: number): Tensor
    backward(gradient?: Tensor, options?: BackwardOptions): void
  }
}

type AnyOp = (x: Tensor, ...rest: unknown[]) => unknown

for (const [name, op] of Object.entries(methods)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return (op as AnyOp)(this, ...rest)
    },
    writable: true,
    configurable: true,
  })
}

Tensor.prototype.where = function (condition, other) {
  return where(condition, this, other)
}

Tensor.prototype.concat = function (others, axis) {
  return concat([this, ...listOf(others)], axis)
}

Tensor.prototype.stack = function (others, axis) {
  return stack([this, ...listOf(others)], axis)
}

Tensor.prototype.backward = function (gradient, options) {
  backward(this, gradient, options)
}

/** What is no list goes on as the one tensor that it has to be. */
const listOf = (others: Tensor | readonly Tensor[]): readonly Tensor[] =>
  Array.isArray(others) ? others : [others as Tensor]
