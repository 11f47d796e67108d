import { MyelinError } from '../core/error.js'
import { show } from '../core/show.js'
import { formatShape } from '../tensor/shape.js'
import type { Tensor } from '../tensor/tensor.js'
import { toFloat } from './cast.js'
import { call, checkTensor, defineOp } from './define.js'
import { eluGrad } from './elu.js'
import { matmul } from './matmul.js'
import { reluGrad } from './relu.js'
import { reshape } from './reshape.js'
import { mapsRows } from './row-wise.js'
import { seluGrad } from './selu.js'
import { sigmoidGrad } from './sigmoid.js'
import { sum } from './sum.js'
import { tanhGrad } from './tanh.js'

/**
 * The activations that a product can apply while its tile is in cache: those whose gradient follows from the result. `code` is
 * that of native/ops/activation.h.
 */
const fused = {
  linear: { code: 0, gradient: (_: Tensor, dy: Tensor) => dy },
  relu: { code: 1, gradient: reluGrad },
  elu: { code: 3, gradient: (y: Tensor, dy: Tensor) => eluGrad(y, dy, [1]) },
  selu: { code: 4, gradient: seluGrad },
  sigmoid: { code: 5, gradient: sigmoidGrad },
  tanh: { code: 6, gradient: tanhGrad },
} as const

export type DenseActivation = keyof typeof fused

/** Whether {@link dense} can apply an activation itself. */
export const isDenseActivation = (name: string): name is DenseActivation => Object.hasOwn(fused, name)

const denseOp = defineOp<DenseActivation>('dense', {
  native: 'matmul',
  infer: ([x, kernel]) => [
    { shape: [(x as Tensor).shape[0] as number, (kernel as Tensor).shape[1] as number], dtype: 'float32' },
  ],
  encode: (activation) => [0, 0, fused[activation].code, 1],
  rowWise: mapsRows,
  gradient({ inputs, outputs: [y], attrs: activation }, [dy]) {
    const [x, kernel, bias] = inputs as [Tensor, Tensor, Tensor | undefined]
    const dz = fused[activation].gradient(y as Tensor, dy as Tensor)
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
