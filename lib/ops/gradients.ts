import type { Parameter } from '../tensor/parameter.js'
import type { Tensor } from '../tensor/tensor.js'
import { call, defineOp } from './define.js'
import { mutate } from './mutate.js'

// What optimizers do around an update. native/ops/gradients.cc has what the native ops read.

/** A number that may differ from step to step: what it is `ahead` steps after the present one. */
type PerStep = (ahead: number) => number

const accumulateGradientsOp = defineOp<PerStep>('accumulateGradients', {
  infer: () => [],
  encode: (first, ahead) => [first(ahead)],
  perStep: true,
  mutates: (inputs) => inputs.filter((_, i) => i % 2 === 0),
})

/**
 * Adds gradients to totals, in place, all in one native call.
 * @param first 1 in the steps in which the totals begin anew, else 0
 */
export function accumulateGradients(totals: readonly Parameter[], gradients: readonly Tensor[], first: PerStep): void {
  const inputs = totals.flatMap((total, i) => [total, gradients[i] as Tensor])
  mutate(accumulateGradientsOp, inputs, first)
}

interface Clip {
  /** 0 in the steps in which the factors are not needed, and 1 then; null: 1 in every step. */
  apply: PerStep | null
  scale: number
  limit: number
  each: boolean
  /** The numbers of gradients to which a multiple of their parameter is added; see {@link Update.penalized}. */
  penalized?: readonly number[]
}

const clipFactorsOp = defineOp<Clip>('clipFactors', {
  infer: (gradients, { each }) => [{ shape: [each ? gradients.length : 1], dtype: 'float32' }],
  encode: ({ apply, scale, limit, penalized = [] }, ahead) => [apply?.(ahead) ?? 1, scale, limit, ...penalized],
  perStep: true,
  steady: ({ apply }) => apply === null,
})

/**
 * By what to multiply gradients so that their norm does not pass a limit: limit / max(norm, limit), NaN if the norm is not finite.
 * Squares are summed by blocks of 8192 elements whatever the threads.
 * @param clip.scale by what the gradients will be multiplied besides
 * @param clip.each whether each gradient has a norm and a factor of its own; else there is one over all of them
 * @returns [gradients] or [1]
 */
export const clipFactors = (gradients: readonly Tensor[], clip: Clip): Tensor => call(clipFactorsOp, gradients, clip)

const assignOp = defineOp<PerStep | null>('assign', {
  infer: () => [],
  encode: (apply, ahead) => [apply?.(ahead) ?? 1],
  perStep: true,
  steady: (apply) => apply === null,
  mutates: ([target]) => [target as Tensor],
})

/**
 * target = value, in the steps in which `apply` is 1; null: in every step. Both float32 and of one shape.
 */
export const assign = (target: Parameter, value: Tensor, apply: PerStep | null): void =>
  mutate(assignOp, [target, value], apply)
