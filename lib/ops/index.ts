import { type BackwardOptions, backward } from '../autodiff/backward.js'
import { Tensor } from '../tensor/tensor.js'
import './other-names.js'
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
import * as powers from './powers.js'
import { dot, matmul } from './products.js'
import { dropout } from './random.js'
import { argMax, argMin, logSumExp, max, mean, min, prod, variance } from './reductions.js'
import { logSoftmax, softmax } from './softmax.js'
import { broadcastTo, sum, tile } from './sum.js'

export {
  celu,
  elu,
  exponential,
  type GeluOptions,
  gelu,
  hardSigmoid,
  leakyRelu,
  linear,
  mish,
  prelu,
  type RreluOptions,
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
export * from './arithmetic.js'
export * from './comparison.js'
export type { TensorLike } from './define.js'
export { classLabels, gather, gatherRows, oneHot } from './indexing.js'
export { softmaxCrossEntropy, sparseSoftmaxCrossEntropy } from './losses.js'
export { cast, concat, expandDims, flatten, pad, reshape, slice, split, squeeze, stack, transpose } from './movement.js'
export { batchNormalization, batchNormalizationInference, layerNormalization } from './normalization.js'
export * from './powers.js'
export { type DenseActivation, dense, dot, isDenseActivation, type MatmulOptions, matmul } from './products.js'
export { dropout, permutation } from './random.js'
export * from './reductions.js'
export { logSoftmax, softmax } from './softmax.js'
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
export { broadcastTo, sum, tile } from './sum.js'
// The methods below are declared on it; the types need the name.
export type { Tensor }

/**
 * The public ops whose first argument is a tensor, which are its methods, each with what an editor says of it. The others, which
 * begin with something else, are declared below.
 */
const methods = {
  /** Its elements in another shape, of which one size may be −1: what is left for it. Shares storage. */
  reshape,
  /** All elements along one axis. Shares storage. */
  flatten,
  /** A new axis of size 1 before `axis` (default 0; negative counts from the end of the result). */
  expandDims,
  /** Without the named axes, which must have size 1, or (default) without all that have. */
  squeeze,
  /** Axis i of the result is axis permutation[i] of this one. Default: the axes in reverse. */
  transpose,
  /** The part that begins at `begin` and has the given size (default, and −1: up to the end). See {@link slice}. */
  slice,
  /** With `paddings[axis] = [before, after]` elements of `value` (default 0) around it. */
  pad,
  /** Cut up along an axis (default 0), into parts of these sizes or so many equal ones: what `concat` joins again. */
  split,
  /** The elements in another dtype. See {@link cast}. */
  cast,
  /** The slices along an axis (default 0) that the indices name, in their order. See {@link gather}. */
  gather,
  /** Each index as a vector of `depth` that is 1 at the index and 0 elsewhere. See {@link oneHot}. */
  oneHot,
  /** The sum over one axis, several, or (default) all. See {@link sum}. */
  sum,
  /** Repeated along axes of size 1, and along new ones in front. */
  broadcastTo,
  /** Repeated `repeats[i]` times along axis i, as NumPy. See {@link tile}. */
  tile,
  /** Whether this = b, element by element, with broadcasting: bool, no gradient. */
  equal,
  /** Whether this ≠ b, element by element, with broadcasting: bool, no gradient. */
  notEqual,
  /** Whether this > b, element by element, with broadcasting: bool, no gradient. */
  greater,
  /** Whether this ≥ b, element by element, with broadcasting: bool, no gradient. */
  greaterEqual,
  /** Whether this < b, element by element, with broadcasting: bool, no gradient. */
  less,
  /** Whether this ≤ b, element by element, with broadcasting: bool, no gradient. */
  lessEqual,
  /** this + b, with broadcasting. float32 or int32 (which wraps). */
  add,
  /** this − b, with broadcasting. float32 or int32 (which wraps). */
  sub,
  /** this · b element by element, with broadcasting. float32 or int32 (which wraps). */
  mul,
  /** this / b element by element, with broadcasting, in float32: x / 0 is ±∞, 0 / 0 NaN. */
  div,
  /** The elements with the other sign. float32 or int32. */
  neg,
  /** The absolute values. float32 or int32. The derivative at 0 is 0. */
  abs,
  /** −1, 0 or 1; NaN stays. float32 or int32. The derivative is 0 everywhere. */
  sign,
  /** The larger of this and b element by element, with broadcasting; NaN if either is. See {@link maximum}. */
  maximum,
  /** The smaller of this and b element by element, with broadcasting; NaN if either is. See {@link minimum}. */
  minimum,
  /** The elements where they lie in [min, max], else the nearer bound; NaN stays. See {@link clip}. */
  clip,
  // With what an editor says of the functions: all are of the tensor alone, but for pow's exponent.
  ...powers,
  /** The mean over one axis, several, or (default) all, in float32; NaN of nothing. */
  mean,
  /** The mean squared distance from the mean, over one axis, several, or (default) all. See {@link variance}. */
  variance,
  /** The largest element over one axis, several, or (default) all; NaN if there is one. Not of nothing (ERR_SHAPE). */
  max,
  /** The smallest element over one axis, several, or (default) all; NaN if there is one. Not of nothing (ERR_SHAPE). */
  min,
  /** The position of the largest element along an axis (default: in all, flattened), the first of several; int32. */
  argMax,
  /** The position of the smallest element along an axis (default: in all, flattened), the first of several; int32. */
  argMin,
  /** The product over one axis, several, or (default) all; 1 of nothing. See {@link prod}. */
  prod,
  /** log Σ eˣ over one axis, several, or (default) all, without overflow. */
  logSumExp,
  /** The matrix product over the last two axes: [.., m, k] · [.., k, n] → [.., m, n]. See {@link matmul}. */
  matmul,
  /** Vectors [k]·[k] → scalar; also [m, k]·[k] → [m], [k]·[k, n] → [n], and matrices as {@link matmul}. */
  dot,
  /** e^x normalized to sum 1 along an axis (default the last); its maximum is subtracted first. */
  softmax,
  /** log(softmax(x)) along an axis (default the last), without the loss of precision of the two in turn. */
  logSoftmax,
  /** Batch normalization of [..., C] in training: [y, mean, variance]. See {@link batchNormalization}. */
  batchNormalization,
  /** Layer normalization along an axis (default the last). See {@link layerNormalization}. */
  layerNormalization,
  /** A random share `rate` of the elements set to 0, the others divided by 1 − rate. See {@link dropout}. */
  dropout,
  /** The tensor itself, on its storage: the activation that does nothing. */
  linear,
  /** max(0, x); NaN stays. The derivative at 0 is 0. */
  relu,
  /** min(max(0, x), 6); NaN stays. The derivative at 0 and at 6 is 0. */
  relu6,
  /** x above 0, negativeSlope·x (default 0.2) below. See {@link leakyRelu}. */
  leakyRelu,
  /** x above 0, alpha·x below; alpha is a tensor. See {@link prelu}. */
  prelu,
  /** x above 0, a·x below, with a drawn for each element in training. See {@link rrelu}. */
  rrelu,
  /** x above 0, α·(eˣ − 1) below, α ≥ 0 (default 1). The derivative at 0 is α. */
  elu,
  /** λ·x above 0, λ·α·(eˣ − 1) below, with the constants of self-normalizing networks. See {@link selu}. */
  selu,
  /** x above 0, α·(e^(x/α) − 1) below, α > 0 (default 1). The derivative at 0 is 1. */
  celu,
  /** log(1 + eˣ), computed as max(x, 0) + log1p(e^(−|x|)). */
  softplus,
  /** x / (1 + |x|); of ±∞ it is ±1. */
  softsign,
  /** 1 / (1 + e^(−x)), the logistic function; stable on both sides. */
  sigmoid,
  /** x/6 + ½ clipped to [0, 1]; NaN stays. The derivative at ±3 is 0. */
  hardSigmoid,
  /** The hyperbolic tangent. */
  tanh,
  /** x·sigmoid(x), also known as swish. */
  silu,
  /** x·Φ(x) with the normal distribution Φ, or its approximation by tanh. See {@link gelu}. */
  gelu,
  /** x·tanh(softplus(x)). */
  mish,
  /** eˣ, by the name that it has as an activation. */
  exponential,
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
    /** Adds the gradient of this tensor into `.grad` of every leaf that requires one. See {@link BackwardOptions}. */
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

/** An argument that is no list goes on as the one tensor that it has to be. */
const listOf = (others: Tensor | readonly Tensor[]): readonly Tensor[] =>
  Array.isArray(others) ? others : [others as Tensor]
