import type { BackwardOptions } from '../autodiff/backward.js'
import { backward } from '../autodiff/backward.js'
import { Tensor } from '../tensor/tensor.js'
import './other-names.js'
import { abs } from './abs.js'
import { add } from './add.js'
import { argMax, argMin } from './arg-extrema.js'
import { batchNormalization } from './batch-normalization.js'
import { cast } from './cast.js'
import { celu } from './celu.js'
import { clip } from './clip.js'
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from './compare.js'
import { concat } from './concat.js'
import { div } from './div.js'
import { dropout } from './dropout.js'
import { elu } from './elu.js'
import { erf } from './erf.js'
import { exp } from './exp.js'
import { expandDims, squeeze } from './expand-dims.js'
import { expm1 } from './expm1.js'
import { exponential } from './exponential.js'
import { max, min } from './extrema.js'
import { maximum, minimum } from './extremum.js'
import { gather } from './gather.js'
import { gelu } from './gelu.js'
import { hardSigmoid } from './hard-sigmoid.js'
import { layerNormalization } from './layer-normalization.js'
import { leakyRelu } from './leaky-relu.js'
import { linear } from './linear.js'
import { log } from './log.js'
import { logSumExp } from './log-sum-exp.js'
import { log1p } from './log1p.js'
import { dot, matmul } from './matmul.js'
import { mean, variance } from './mean.js'
import { mish } from './mish.js'
import { mul } from './mul.js'
import { neg } from './neg.js'
import { oneHot } from './one-hot.js'
import { pow } from './pow.js'
import { prelu } from './prelu.js'
import { prod } from './prod.js'
import { reciprocal } from './reciprocal.js'
import { relu } from './relu.js'
import { relu6 } from './relu6.js'
import { flatten, reshape } from './reshape.js'
import { rrelu } from './rrelu.js'
import { rsqrt } from './rsqrt.js'
import { selu } from './selu.js'
import { sigmoid } from './sigmoid.js'
import { sign } from './sign.js'
import { silu } from './silu.js'
import { pad, slice } from './slice.js'
import { logSoftmax, softmax } from './softmax.js'
import { softplus } from './softplus.js'
import { softsign } from './softsign.js'
import { split } from './split.js'
import { sqrt } from './sqrt.js'
import { square } from './square.js'
import { stack } from './stack.js'
import { sub } from './sub.js'
import { broadcastTo, sum } from './sum.js'
import { tanh } from './tanh.js'
import { tile } from './tile.js'
import { transpose } from './transpose.js'
import { cos, sin } from './trigonometry.js'
import { where } from './where.js'

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

export { accumulate, accumulateCounts, accumulateMoments } from './accumulate.js'
export { assignMovingAverage, batchNormalizationInference } from './batch-normalization.js'
export { classLabels } from './class-labels.js'
export { softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from './cross-entropy.js'
export type { TensorLike } from './define.js'
export { type DenseActivation, dense, isDenseActivation } from './dense.js'
export type { RandomAddress, RandomSource } from './dropout.js'
export { gatherRows } from './gather.js'
export type { GeluOptions } from './gelu.js'
export { accumulateGradients, assign, clipFactors } from './gradients.js'
export type { MatmulOptions } from './matmul.js'
export type { Axes } from './mean.js'
export { permutation } from './permutation.js'
export type { RreluOptions } from './rrelu.js'
export { type CommonNumbers, type UpdateNumbers, type UpdateRule, update } from './update.js'
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
