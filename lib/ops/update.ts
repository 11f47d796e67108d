import type { Parameter, Tensor } from '../tensor/tensor.js'
import { defineOp } from './define.js'
import { mutate } from './mutate.js'

// The optimizers' rules, each over all parameters in one native call and in place. native/ops/update.cc has their formulas, slots and
// numbers.

export interface Update {
  /** What the rule reads, `ahead` steps after the present one; computed in double. */
  numbers: (ahead: number) => readonly number[]
  /** How many inputs belong to each parameter: itself, its gradient, its slots. */
  group: number
}

const gradientPlace = 1

const updateOp = (name: string) =>
  defineOp<Update>(name, {
    infer: () => [],
    encode: ({ numbers }, ahead) => numbers(ahead),
    perStep: true,
    mutates: (inputs, { group }) => inputs.filter((_, i) => i % group !== gradientPlace),
  })

const rules = {
  /** numbers: learningRate, momentum, nesterov. Slots: velocity, if momentum is not 0. */
  sgd: updateOp('sgdUpdate'),
  /** numbers: learningRate, rho, epsilon, momentum, centered. Slots: v, then momentum and average where these are on. */
  rmsprop: updateOp('rmspropUpdate'),
  /** numbers: stepSize, beta1, beta2, epsilon, amsgrad. Slots: m, v, and vhat for amsgrad. */
  adam: updateOp('adamUpdate'),
}

export type UpdateRule = keyof typeof rules

/**
 * Changes parameters by their gradients.
 * @param slots the optimizer's state: for each slot of the rule one tensor a parameter
 * @internal
 */
export function update(
  rule: UpdateRule,
  parameters: readonly Parameter[],
  gradients: readonly Tensor[],
  slots: readonly (readonly Parameter[])[],
  numbers: (ahead: number) => readonly number[],
): void {
  const inputs = parameters.flatMap((p, i) => [p, gradients[i] as Tensor, ...slots.map((slot) => slot[i] as Parameter)])
  if (inputs.length > 0) mutate(rules[rule], inputs, { numbers, group: 2 + slots.length })
}
