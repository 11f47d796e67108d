import { checkFlag } from '../core/check.js'
import { MyelinError } from '../core/error.js'
import { checkOptions } from '../core/names.js'
import { show } from '../core/show.js'
import { codesOf } from '../native/binding.js'
import { call } from '../tensor/recorder.js'
import { freeOnFailure } from '../tensor/scope.js'
import { broadcastShapes, formatShape, type Shape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { eluGrad, reluGrad, seluGrad, sigmoidGrad, tanhGrad } from './activations.js'
import { broadcastsRows, checkTensor, defineOp, mapsRows } from './define.js'
import { reshape, toFloat } from './movement.js'
import { sum, sumTo } from './sum.js'

export interface MatmulOptions {
  /** Use the last two axes of a the other way round. Default false. */
  transposeA?: boolean
  /** Use the last two axes of b the other way round. Default false. */
  transposeB?: boolean
}

const matmulOp = defineOp<Required<MatmulOptions>, [a: Tensor, b: Tensor]>('matmul', {
  infer: ([a, b], options) => [{ shape: productShape(a.shape, b.shape, options), dtype: 'float32' }],
  encode: ({ transposeA, transposeB }) => [Number(transposeA), Number(transposeB), codes.linear, 0],
  rowWise(inputs, attrs, rowed) {
    const matrices = inputs.every(({ shape }) => shape.length === 2)
    return matrices ? !attrs.transposeA && mapsRows(inputs, attrs, rowed) : broadcastsRows(inputs, attrs, rowed)
  },
  gradient({ inputs: [a, b], attrs: { transposeA, transposeB } }, [dy]) {
    // With A and B as they enter the product: dA = dY·Bᵀ and dB = Aᵀ·dY; a transposed operand gets the transposed.
    const da = () =>
      transposeA
        ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
        : matmul(dy, b, { transposeB: !transposeB })
    const db = () =>
      transposeB
        ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, dy, { transposeA: !transposeA })
    return [a.requiresGrad ? sumTo(da(), a.shape) : null, b.requiresGrad ? sumTo(db(), b.shape) : null]
  },
})

/**
 * The matrix product over the last two axes, in float32: [.., m, k] · [.., k, n] → [.., m, n]. The axes before them are
 * broadcast. A vector a [k] is a row, a vector b [k] a column, and that axis is left out of the result, as in PyTorch.
 * Each element is summed along k in order, so that its bits do not depend on threads or instruction set.
 * @throws MyelinError ERR_SHAPE, ERR_ARGUMENT for a vector that is to be transposed
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  checkTensor(a, 'matmul', 'a')
  checkTensor(b, 'matmul', 'b')
  checkOptions(options, ['transposeA', 'transposeB'], 'matmul')
  const { transposeA = false, transposeB = false } = options
  checkFlag('matmul', 'transposeA', transposeA)
  checkFlag('matmul', 'transposeB', transposeB)
  const transposes = { transposeA, transposeB }
  const matrices = a.rank > 1 && b.rank > 1
  if (matrices && a.dtype === 'float32' && b.dtype === 'float32') return call(matmulOp, [a, b], transposes)
  return freeOnFailure(() =>
    matrices ? call(matmulOp, [toFloat(a), toFloat(b)], transposes) : vectorProduct(toFloat(a), toFloat(b), transposes),
  )
}

/** A product of which at least one operand is a vector (or, in error, a scalar). */
function vectorProduct(a: Tensor, b: Tensor, transposes: Required<MatmulOptions>): Tensor {
  const both = `a is ${formatShape(a.shape)}, b is ${formatShape(b.shape)}`
  if (a.rank === 0 || b.rank === 0)
    throw new MyelinError('ERR_SHAPE', `[matmul] there is no product with a scalar; use mul: ${both}`)
  const { transposeA, transposeB } = transposes
  if ((a.rank === 1 && transposeA) || (b.rank === 1 && transposeB))
    throw new MyelinError('ERR_ARGUMENT', `[matmul] a vector cannot be transposed: ${both}`)
  const inner = a.rank === 1 ? a.size : lastTwo(a.shape, transposeA)[1]
  const inner2 = b.rank === 1 ? b.size : lastTwo(b.shape, transposeB)[0]
  if (inner !== inner2) throw new MyelinError('ERR_SHAPE', `[matmul] inner dimensions differ: ${both}`)
  const row = a.rank === 1 ? reshape(a, [1, inner]) : a
  const column = b.rank === 1 ? reshape(b, [inner, 1]) : b
  const product = call(matmulOp, [row, column], transposes)
  const [m, n] = lastTwo(product.shape, false)
  return reshape(product, [...product.shape.slice(0, -2), ...(a.rank === 1 ? [] : [m]), ...(b.rank === 1 ? [] : [n])])
}

function productShape(a: Shape, b: Shape, { transposeA, transposeB }: Required<MatmulOptions>): Shape {
  const [rows, inner] = lastTwo(a, transposeA)
  const [inner2, columns] = lastTwo(b, transposeB)
  if (inner !== inner2)
    throw new MyelinError(
      'ERR_SHAPE',
      `[matmul] inner dimensions differ: a is ${formatShape(a)}${transposeA ? ' transposed' : ''}, b is ${formatShape(b)}${transposeB ? ' transposed' : ''}`,
    )
  return [...broadcastShapes(a.slice(0, -2), b.slice(0, -2), 'matmul'), rows, columns]
}

function lastTwo(shape: Shape, transposed: boolean): [number, number] {
  const [m, n] = shape.slice(-2) as [number, number]
  return transposed ? [n, m] : [m, n]
}

/** Vectors [k]·[k] → scalar; also [m, k]·[k] → [m], [k]·[k, n] → [n], and matrices as {@link matmul}. */
export function dot(a: Tensor, b: Tensor): Tensor {
  checkTensor(a, 'dot', 'a')
  checkTensor(b, 'dot', 'b')
  if (a.rank < 1 || a.rank > 2 || b.rank < 1 || b.rank > 2 || a.shape[a.rank - 1] !== b.shape[0])
    throw new MyelinError(
      'ERR_SHAPE',
      `[dot] needs vectors or matrices whose inner sizes agree: a is ${formatShape(a.shape)}, b is ${formatShape(b.shape)}`,
    )
  const product = matmul(a.rank === 1 ? reshape(a, [1, a.size]) : a, b.rank === 1 ? reshape(b, [b.size, 1]) : b)
  return reshape(product, [...a.shape.slice(0, -1), ...b.shape.slice(1)])
}

/**
 * The gradients of the activations that a product can apply while its tile is in cache, and whose gradient follows from the result y.
 */
const fused = {
  linear: (_: Tensor, dy: Tensor): Tensor => dy,
  relu: reluGrad,
  elu: (y: Tensor, dy: Tensor): Tensor => eluGrad(y, dy, [1]),
  selu: seluGrad,
  sigmoid: sigmoidGrad,
  tanh: tanhGrad,
}

export type DenseActivation = keyof typeof fused

const codes = codesOf('activation', Object.keys(fused) as DenseActivation[])

/** Whether {@link dense} can apply an activation itself. */
export const isDenseActivation = (name: string): name is DenseActivation => Object.hasOwn(fused, name)

type DenseInputs = [x: Tensor, kernel: Tensor] | [x: Tensor, kernel: Tensor, bias: Tensor]

const denseOp = defineOp<DenseActivation, DenseInputs>('dense', {
  native: 'matmul',
  infer: ([x, kernel]) => [{ shape: [x.shape[0] as number, kernel.shape[1] as number], dtype: 'float32' }],
  encode: (activation) => [0, 0, codes[activation], 1],
  rowWise: mapsRows,
  gradient({ inputs: [x, kernel, bias], outputs: [y], attrs: activation }, [dy]) {
    const dz = fused[activation](y, dy)
    const dx = x.requiresGrad ? matmul(dz, kernel, { transposeB: true }) : null
    const dkernel = kernel.requiresGrad ? matmul(x, dz, { transposeA: true }) : null
    return bias === undefined ? [dx, dkernel] : [dx, dkernel, bias.requiresGrad ? sum(dz, 0) : null]
  },
  saves: 'both',
})

/**
 * activation(x·kernel + bias) in one pass, with the bits of the three ops in turn.
 * @param x [..., k]
 * @param kernel [k, n]
 * @param bias [n], or null for none
 * @returns [..., n]
 * @throws MyelinError ERR_SHAPE
 */
export function dense(
  x: Tensor,
  kernel: Tensor,
  bias: Tensor | null = null,
  activation: DenseActivation = 'linear',
): Tensor {
  const input = toFloat(checkTensor(x, 'dense'))
  checkTensor(kernel, 'dense', 'kernel')
  if (!isDenseActivation(activation))
    throw new MyelinError(
      'ERR_ARGUMENT',
      `[dense] activation must be one of ${Object.keys(fused).join(', ')}, got ${show(activation)}`,
    )
  const k = input.shape.at(-1)
  const fits =
    kernel.rank === 2 && k === kernel.shape[0] && (bias === null || (bias.rank === 1 && bias.size === kernel.shape[1]))
  if (!fits)
    throw new MyelinError(
      'ERR_SHAPE',
      `[dense] needs x [..., k], kernel [k, n], bias [n]: got ${formatShape(x.shape)}, ${formatShape(kernel.shape)}${bias === null ? '' : `, ${formatShape(bias.shape)}`}`,
    )
  const rows = input.rank === 2 ? input : reshape(input, [k === 0 ? 0 : input.size / (k as number), k as number])
  const y = call(denseOp, bias === null ? [rows, kernel] : [rows, kernel, bias], activation)
  return input.rank === 2 ? y : reshape(y, [...input.shape.slice(0, -1), kernel.shape[1] as number])
}
