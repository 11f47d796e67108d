import { gradients } from '../autodiff/backward.js'
import { variable } from '../autodiff/functional.js'
import { recording } from '../autodiff/tape.js'
import type { GradientsOf, TensorList } from '../tensor/op.js'
import type { Tensor } from '../tensor/tensor.js'
import { add, mul } from './arithmetic.js'
import { sum } from './sum.js'

/**
 * The gradient of a fused op by way of ops that compute the same: for second derivatives, where speed matters less than that
 * nobody derives a formula twice.
 */
export function throughComposition<I extends TensorList>(
  inputs: I,
  upstream: readonly (Tensor | null)[],
  compose: (...inputs: I) => readonly Tensor[],
): GradientsOf<I> {
  const createGraph = recording.value
  return recording.run(true, () => {
    // As many as there are inputs, and so are the gradients.
    const variables = inputs.map(variable) as readonly Tensor[] as I
    const outputs = compose(...variables)
    const terms = outputs.flatMap((output, i) => {
      const weight = upstream[i]
      return weight ? [sum(mul(output, weight))] : []
    })
    return gradients(terms.reduce(add), variables, { createGraph }) as GradientsOf<I>
  })
}
