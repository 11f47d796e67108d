import type { Op } from '../tensor/op.js'
import type { Tensor } from '../tensor/tensor.js'

/** y = x, on the same storage. */
export const identityOp: Op<undefined, [x: Tensor], [y: Tensor]> = {
  name: 'linear',
  opcode: -1,
  infer: (inputs) => inputs,
  gradient: (_, [dy]) => [dy ?? null],
  saves: 'none',
}
