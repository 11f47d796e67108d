import type { Parameter, Tensor } from '../tensor/tensor.js'
import { defineOp } from './define.js'
import { mutate } from './mutate.js'

const accumulateOp = defineOp<number>('accumulate', {
  infer: () => [],
  encode: (weight) => [weight],
  mutates: ([totals]) => [totals as Tensor],
})

/**
 * totals += weight·values, in double and in place.
 * @param totals uint8 [8n], the memory of n doubles
 * @param values float32 or int32, n elements
 * @internal
 */
export function accumulate(totals: Parameter, values: Tensor, weight: number): void {
  mutate(accumulateOp, [totals, values], weight)
}
