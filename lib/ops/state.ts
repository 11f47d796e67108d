import { noGrad } from '../autodiff/tape.js'
import type { Op, TensorList } from '../tensor/op.js'
import type { Parameter } from '../tensor/parameter.js'
import { apply, call } from '../tensor/recorder.js'
import type { Tensor } from '../tensor/tensor.js'
import { defineOp } from './define.js'
import { encodeLayout, type GradientLayout, joinGroups, splitGroups } from './gradient-groups.js'
import { cast } from './movement.js'

/** Applies an op that changes some of its inputs in place and has no output: the only way an op changes anything. */
export function mutate<A, I extends TensorList>(op: Op<A, I, []>, inputs: NoInfer<I>, attrs: A): void {
  noGrad(() => apply(op, inputs, attrs))
}

// Totals of losses and metrics, in double and in place: `totals` is uint8 memory that holds doubles.

type Counted = [totals: Tensor, ...values: Tensor[]]

const mutates = ([totals]: Counted): Tensor[] => [totals]

const accumulateOp = defineOp<number, Counted, []>('accumulate', {
  infer: () => [],
  encode: (weight) => [weight],
  mutates,
})
const countsOp = defineOp<undefined, Counted, []>('accumulateCounts', { infer: () => [], mutates })
const momentsOp = defineOp<undefined, Counted, []>('accumulateMoments', { infer: () => [], mutates })

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

// Work of optimizers around an update. native/ops/gradients.cc has what the native ops read.

/** A number that may differ from step to step: what it is `ahead` steps after the present one. */
type PerStep = (ahead: number) => number

const accumulateGradientsOp = defineOp<PerStep, TensorList, []>('accumulateGradients', {
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
  layout: GradientLayout
}

const clipFactorsOp = defineOp<Clip, TensorList>('clipFactors', {
  infer: (inputs, { each, layout }) => [
    { shape: [each ? splitGroups(inputs, layout).groups.length : 1], dtype: 'float32' },
  ],
  encode: ({ apply, scale, limit, layout }, ahead) => [apply?.(ahead) ?? 1, scale, limit, ...encodeLayout(layout)],
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
export function clipFactors(gradients: readonly Tensor[], clip: Omit<Clip, 'layout'>): Tensor {
  const { inputs, layout } = joinGroups({ groups: gradients.map((g) => [g]), factors: null, penalties: new Map() })
  return call(clipFactorsOp, inputs, { ...clip, layout })
}

const assignOp = defineOp<PerStep | null, [target: Tensor, value: Tensor], []>('assign', {
  infer: () => [],
  encode: (apply, ahead) => [apply?.(ahead) ?? 1],
  perStep: true,
  steady: (apply) => apply === null,
  mutates: ([target]) => [target],
})

/**
 * target = value, in the steps in which `apply` is 1; null: in every step. Both float32 and of one shape.
 */
export const assign = (target: Parameter, value: Tensor, apply: PerStep | null): void =>
  mutate(assignOp, [target, value], apply)

const movingAverageOp = defineOp<number, [running: Tensor, batch: Tensor], []>('assignMovingAverage', {
  infer: () => [],
  encode: (momentum) => [momentum],
  mutates: ([running]) => [running],
})

/** running ← momentum·running + (1 − momentum)·batch, in place. */
export function assignMovingAverage(running: Parameter, batch: Tensor, momentum: number): void {
  mutate(movingAverageOp, [running, batch], momentum)
}

// The optimizers' rules, each over all parameters in one native call and in place. native/ops/rules.def lists them,
// native/kernels/update_rules.h has their formulas.

/** The numbers of a rule, `ahead` steps after the present one, computed in double: its own numbers, then {@link CommonNumbers}. */
export interface UpdateNumbers {
  (ahead: number): readonly number[]
  /** Whether they are the same in all steps to come, as things are now. Absent: they may differ. */
  steady?: () => boolean
}

export interface Update {
  numbers: UpdateNumbers
  layout: GradientLayout
}

/** The numbers that every rule reads behind its own. */
export type CommonNumbers = readonly [
  /** 0: the step does nothing. */
  apply: number,
  /** By what the gradient is multiplied. */
  scale: number,
  /** The gradient is clipped to [−limit, limit]. */
  limit: number,
  /** The share that the parameter loses before the rule acts. */
  decay: number,
]

const updateOp = (name: string) =>
  defineOp<Update, TensorList, []>(name, {
    infer: () => [],
    encode: ({ numbers, layout }, ahead) => [...numbers(ahead), ...encodeLayout(layout)],
    perStep: true,
    steady: ({ numbers }) => numbers.steady?.() === true,
    mutates: (inputs, { layout }) =>
      splitGroups(inputs, layout).groups.flatMap((group) => group.filter((_, i) => i !== 1)),
  })

const rules = {
  /** numbers: learningRate, momentum, kind (0 plain, 1 momentum, 2 Nesterov's). Slots: velocity, unless it is plain. */
  sgd: updateOp('sgdUpdate'),
  /** numbers: learningRate, rho, epsilon, momentum, kind (1 momentum + 2 centered). Slots: v, then momentum and average where on. */
  rmsprop: updateOp('rmspropUpdate'),
  /** numbers: stepSize, beta1, beta2, epsilon, amsgrad. Slots: m, v, and vhat for amsgrad. */
  adam: updateOp('adamUpdate'),
  /** numbers: learningRate, epsilon. Slots: the sum of squared gradients. */
  adagrad: updateOp('adagradUpdate'),
  /** numbers: learningRate, rho, epsilon. Slots: the averages of squared gradients and of squared changes. */
  adadelta: updateOp('adadeltaUpdate'),
  /** numbers: stepSize, beta1, beta2, epsilon. Slots: m, u. */
  adamax: updateOp('adamaxUpdate'),
  /** numbers: momentumStep, gradientStep, velocityScale, beta1, beta2, epsilon. Slots: m, v. */
  nadam: updateOp('nadamUpdate'),
  /** numbers: learningRate, beta1, beta2. Slots: m. */
  lion: updateOp('lionUpdate'),
}

export type UpdateRule = keyof typeof rules

/**
 * Changes parameters by their gradients.
 * @param slots the optimizer's state: for each slot of the rule one tensor a parameter
 * @param numbers the rule's own, then {@link CommonNumbers}
 * @param factors by what the gradients are multiplied besides: one for each, or a single one
 */
export function update(
  rule: UpdateRule,
  parameters: readonly Parameter[],
  gradients: readonly Tensor[],
  slots: readonly (readonly Parameter[])[],
  numbers: UpdateNumbers,
  factors: Tensor | null = null,
): void {
  if (parameters.length === 0) return
  const groups = parameters.map((p, i) => [p, gradients[i] as Tensor, ...slots.map((slot) => slot[i] as Parameter)])
  const { inputs, layout } = joinGroups({ groups, factors, penalties: new Map() })
  mutate(rules[rule], inputs, { numbers, layout })
}
