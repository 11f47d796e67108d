import type { Gradient, Op } from '../tensor/op.js'
import { freeOnFailure } from '../tensor/scope.js'
import { broadcastShapes, sameShape } from '../tensor/shape.js'
import { Tensor } from '../tensor/tensor.js'
import { broadcastsRows, call, checkTensor, defineOp, type TensorLike, toTensor } from './define.js'
import { toArithmetic, toFloat } from './movement.js'

interface Elementwise<A> {
  gradient: Gradient<A>
  /** Default inputs. */
  saves?: Op['saves']
  /** Also defined on int32, which the other whole numbers are turned into. Default false: computed in float32. */
  integers?: boolean
}

/** An op on each element by itself, without attributes. */
export function unary(
  name: string,
  { integers = false, ...definition }: Elementwise<undefined>,
): (x: Tensor) => Tensor {
  const op = defineOp(name, { infer: likeFirst, elementwise: true, ...definition })
  const prepare = integers ? toArithmetic : toFloat
  return (x) => call(op, [prepare(checkTensor(x, name))], undefined)
}

/** An op on each element by itself, with numbers as attributes, computed in float32. */
export function unaryWith(
  name: string,
  definition: Elementwise<readonly number[]>,
): (x: Tensor, attrs: readonly number[]) => Tensor {
  const op = defineOp<readonly number[]>(name, {
    infer: likeFirst,
    encode: (attrs) => attrs,
    elementwise: true,
    ...definition,
  })
  return (x, attrs) => call(op, [toFloat(checkTensor(x, name))], attrs)
}

/** An op on pairs of elements, with broadcasting. Two different dtypes give float32. */
export function binary(
  name: string,
  { integers = false, ...definition }: Elementwise<undefined>,
): (a: TensorLike, b: TensorLike) => Tensor {
  const op = defineOp(name, {
    infer: ([a, b]) => broadcast(name, a as Tensor, b as Tensor),
    elementwise: true,
    ...definition,
  })
  const pair = integers ? arithmeticPair : floatPair
  return converting((a, b) => call(op, pair(name, a, b), undefined))
}

/** A comparison of pairs of elements: bool, no gradient, false wherever a NaN takes part (but for notEqual). */
export function comparison(name: string): (a: TensorLike, b: TensorLike) => Tensor {
  const op = defineOp(name, {
    infer: ([a, b]) => [{ shape: broadcastShapes((a as Tensor).shape, (b as Tensor).shape, name), dtype: 'bool' }],
    rowWise: broadcastsRows,
    gradient: () => [null, null],
    saves: 'none',
  })
  return converting((a, b) => call(op, arithmeticPair(name, a, b), undefined))
}

/** The gradient of an element-wise op as an op of its own: (x or y, dy) of one shape → dx. */
export function gradientOf(
  name: string,
  gradient: Gradient<readonly number[]>,
): (saved: Tensor, dy: Tensor, attrs?: readonly number[]) => Tensor {
  const op = defineOp<readonly number[]>(name, {
    infer: likeFirst,
    encode: (attrs) => attrs,
    elementwise: true,
    gradient,
  })
  return (saved, dy, attrs = []) => call(op, [saved, dy], attrs)
}

function likeFirst(inputs: readonly Tensor[]): readonly Tensor[] {
  return inputs.length === 1 ? inputs : [inputs[0] as Tensor]
}

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
