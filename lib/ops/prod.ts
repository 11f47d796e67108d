import type { Tensor } from '../tensor/tensor.js'
import { throughComposition } from './composition.js'
import { mul } from './mul.js'
import { checkReduction, type Reduction, reduceAxes, reduction } from './reduction.js'
import { reshape } from './reshape.js'
import { pad } from './slice.js'
import { split } from './split.js'

const prodOp = reduction('prod', {
  // The product of the others, of any order: without a division, which zeros would need exceptions from.
  gradient: ({ inputs, attrs }, upstream) =>
    throughComposition(inputs as Tensor[], upstream, (x) => [inPairs(x as Tensor, attrs)]),
})

/** The same product by multiplications of halves. */
function inPairs(x: Tensor, { outer, n, inner, shape }: Reduction): Tensor {
  let size = 1
  while (size < n) size *= 2
  const ones = [0, size - n] as const
  let factors = pad(reshape(x, [outer, n, inner]), [[0, 0], ones, [0, 0]], 1)
  for (; size > 1; size /= 2) {
    const [first, second] = split(factors, 2, 1) as [Tensor, Tensor]
    factors = mul(first, second)
  }
  return reshape(factors, shape)
}

/**
 * The product over one axis, several, or (default) all; 1 of nothing. float32; of whole numbers int32, and exact.
 * @throws MyelinError ERR_ARGUMENT for a product of whole numbers beyond int32; cast them to float32 before
 */
export function prod(x: Tensor, axis?: number | readonly number[], keepDims = false): Tensor {
  return reduceAxes(prodOp, x, checkReduction(x, axis, keepDims, 'prod'), keepDims)
}
