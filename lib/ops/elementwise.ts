import type { Op } from '../tensor/op.js'
import { call } from '../tensor/recorder.js'
import { freeOnFailure } from '../tensor/scope.js'
import { broadcastShapes, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import {
  broadcastsRows,
  checkTensor,
  defineOp,
  ofOne,
  type TensorLike,
  toTensor,
  type UnaryGradient,
} from './define.js'
import { toArithmetic, toFloat } from './movement.js'
import { sumTo } from './sum.js'

type Numbers = readonly number[]

interface Elementwise<G> {
  gradient: G
  /** Default inputs. */
  saves?: Op['saves']
  /** Also defined on int32, which the other whole numbers are turned into. Default false: computed in float32. */
  integers?: boolean
}

/** The gradient of an operand, given that of y = f(a, b): in the shape of y, and summed where that is more than the operand's. */
type OperandGradient = (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor

interface BinaryGradient {
  a: OperandGradient
  b: OperandGradient
}

/** An op on each element by itself, without attributes. */
export function unary(
  name: string,
  { integers = false, gradient, saves }: Elementwise<UnaryGradient<undefined>>,
): (x: Tensor) => Tensor {
  const op = defineOp(name, { infer: same, elementwise: true, gradient: ofOne(gradient), saves })
  const prepare = integers ? toArithmetic : toFloat
  return (x) => call(op, [prepare(checkTensor(x, name))], undefined)
}

/** An op on each element by itself, with numbers as attributes, computed in float32. */
export function unaryWith(
  name: string,
  { gradient, saves }: Elementwise<UnaryGradient<Numbers>>,
): (x: Tensor, attrs: Numbers) => Tensor {
  const op = defineOp<Numbers>(name, {
    infer: same,
    encode: (attrs) => attrs,
    elementwise: true,
    gradient: ofOne(gradient),
    saves,
  })
  return (x, attrs) => call(op, [toFloat(checkTensor(x, name))], attrs)
}

/** An op on pairs of elements, with broadcasting. Two different dtypes give float32. */
export function binary(
  name: string,
  { integers = false, gradient, saves }: Elementwise<BinaryGradient>,
): (a: TensorLike, b: TensorLike) => Tensor {
  const op = defineOp<undefined, [a: Tensor, b: Tensor]>(name, {
    infer: ([a, b]) => broadcast(name, a, b),
    elementwise: true,
    gradient: ({ inputs: [a, b], outputs: [y] }, [dy]) => [
      a.requiresGrad ? sumTo(gradient.a(dy, a, b, y), a.shape) : null,
      b.requiresGrad ? sumTo(gradient.b(dy, a, b, y), b.shape) : null,
    ],
    saves,
  })
  const pair = integers ? arithmeticPair : floatPair
  return converting((a, b) => call(op, pair(name, a, b), undefined))
}

/** A comparison of pairs of elements: bool, no gradient, false wherever a NaN takes part (but for notEqual). */
export function comparison(name: string): (a: TensorLike, b: TensorLike) => Tensor {
  const op = defineOp<undefined, [a: Tensor, b: Tensor]>(name, {
    infer: ([a, b]) => [{ shape: broadcastShapes(a.shape, b.shape, name), dtype: 'bool' }],
    rowWise: broadcastsRows,
    gradient: () => [null, null],
    saves: 'none',
  })
  return converting((a, b) => call(op, arithmeticPair(name, a, b), undefined))
}

type Saved = [saved: Tensor, dy: Tensor]

/** The gradient of x, given x or y and the gradient of y, as {@link gradientOf} makes it. */
export type Derivative = (saved: Tensor, dy: Tensor, attrs?: Numbers) => Tensor

/**
 * The gradient of an element-wise op as an op of its own: (x or y, dy) of one shape → dx. It is linear in dy, so its own gradient in
 * dy is the op itself.
 * @param gradient that in x or y
 */
export function gradientOf(
  name: string,
  gradient: (ddx: Tensor, saved: Tensor, dy: Tensor, attrs: Numbers) => Tensor,
): Derivative {
  const op: Op<Numbers, Saved, [dx: Tensor]> = defineOp<Numbers, Saved>(name, {
    infer: ([saved]) => [saved],
    encode: (attrs) => attrs,
    elementwise: true,
    gradient: ({ inputs: [saved, dy], attrs }, [ddx]) => [
      gradient(ddx, saved, dy, attrs),
      call(op, [saved, ddx], attrs),
    ],
  })
  return (saved, dy, attrs = []) => call(op, [saved, dy], attrs)
}

const same = (inputs: [x: Tensor]): [y: Tensor] => inputs

function broadcast(name: string, a: Tensor, b: Tensor): readonly [Pick<Tensor, 'shape' | 'dtype'>] {
  if (sameShape(a.shape, b.shape)) return [a]
  return [{ shape: broadcastShapes(a.shape, b.shape, name), dtype: a.dtype }]
}

/** A function of two operands, of which others than float32 tensors are converted first: if it fails then, that is undone. */
const converting =
  (compute: (a: TensorLike, b: TensorLike) => Tensor): typeof compute =>
  (a, b) =>
    isFloat(a) && isFloat(b) ? compute(a, b) : freeOnFailure(() => compute(a, b))

const isFloat = (operand: TensorLike): boolean => operand instanceof Tensor && operand.dtype === 'float32'

/** Both in int32 if both hold whole numbers of one dtype, else in float32. */
function arithmeticPair(name: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const x = toTensor(a, name, 'a', typeof b === 'number' ? undefined : b?.dtype)
  const y = toTensor(b, name, 'b', x.dtype)
  if (x.dtype === 'float32' && y.dtype === 'float32') return [x, y]
  const whole =
    x.dtype === y.dtype ||
    (typeof a === 'number' && x.dtype === 'int32') ||
    (typeof b === 'number' && y.dtype === 'int32')
  return whole ? [toArithmetic(x), toArithmetic(y)] : [toFloat(x), toFloat(y)]
}

function floatPair(name: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  return [toFloat(toTensor(a, name, 'a')), toFloat(toTensor(b, name, 'b'))]
}
