import type { Parameter } from '../tensor/parameter.js'
import type { Tensor } from '../tensor/tensor.js'
import { defineOp } from './define.js'
import { mutate } from './mutate.js'

// The optimizers' rules, each over all parameters in one native call and in place. native/ops/update_rule.h has their slots and
// numbers, native/kernels/update_rules.h their formulas.

/** What a rule reads, `ahead` steps after the present one, computed in double: its own numbers, then {@link CommonNumbers}. */
export interface UpdateNumbers {
  (ahead: number): readonly number[]
  /** Whether they are the same in all steps to come, as things are now. Absent: they may differ. */
  steady?: () => boolean
}

export interface Update {
  numbers: UpdateNumbers
  /** How many inputs belong to each parameter: itself, its gradient, its slots. */
  group: number
  /** Whether behind these comes one more input: factors of the gradients. */
  scaled: boolean
  /**
   * The numbers of parameters, ascending, whose gradient is g + coefficient·w: the coefficients are the last inputs. The gradient of
   * an L2 penalty; a pass puts it here.
   */
  penalized?: readonly number[]
}

/** What every rule reads behind its own numbers. */
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

const gradientPlace = 1

const updateOp = (name: string) =>
  defineOp<Update>(name, {
    infer: () => [],
    encode: ({ numbers, scaled, penalized = [] }, ahead) => [...numbers(ahead), Number(scaled), ...penalized],
    perStep: true,
    steady: ({ numbers }) => numbers.steady?.() === true,
    mutates: (inputs, { group, scaled, penalized = [] }) =>
      inputs.slice(0, inputs.length - penalized.length - Number(scaled)).filter((_, i) => i % group !== gradientPlace),
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
  const inputs = parameters.flatMap((p, i) => [p, gradients[i] as Tensor, ...slots.map((slot) => slot[i] as Parameter)])
  if (inputs.length === 0) return
  const scaled = factors !== null
  mutate(rules[rule], scaled ? [...inputs, factors] : inputs, { numbers, group: 2 + slots.length, scaled })
}
