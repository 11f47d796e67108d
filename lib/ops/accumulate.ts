import type { Parameter } from '../tensor/parameter.js'
import type { Tensor } from '../tensor/tensor.js'
import { cast } from './cast.js'
import { defineOp } from './define.js'
import { mutate } from './mutate.js'

// What losses and metrics add up, in double and in place: `totals` is uint8 memory that holds doubles.

const mutates = ([totals]: readonly Tensor[]): Tensor[] => [totals as Tensor]

const accumulateOp = defineOp<number>('accumulate', { infer: () => [], encode: (weight) => [weight], mutates })
const countsOp = defineOp('accumulateCounts', { infer: () => [], mutates })
const momentsOp = defineOp('accumulateMoments', { infer: () => [], mutates })

/**
 * totals[j] += weight·Σᵢ values[i, j]·factors[i, j].
 * @param totals uint8 [8n], the memory of n doubles
 * @param values n elements of any dtype, or a multiple: rows of n, which are added up in their order
 * @param factors as many; default 1
 */
export function accumulate(totals: Parameter, values: Tensor, weight: number, factors?: Tensor): void {
  mutate(accumulateOp, factors === undefined ? [totals, values] : [totals, values, factors], weight)
}

/**
 * totals[index] += 1 for each index.
 * @param totals uint8 [8n], the memory of n doubles
 * @param indices whole numbers from 0 to n − 1
 * @throws MyelinError ERR_ARGUMENT for an index outside
 */
export function accumulateCounts(totals: Parameter, indices: Tensor): void {
  mutate(countsOp, [totals, cast(indices, 'int32')], undefined)
}

/**
 * Counts rows in: for each of n columns the number of its values, their mean and the sum of their squared distances from it, by
 * Welford's method (1962).
 * @param totals uint8 [24n], the memory of those three doubles for each column
 * @param values rows of n elements
 */
export function accumulateMoments(totals: Parameter, values: Tensor): void {
  mutate(momentsOp, [totals, values], undefined)
}
