import type { Parameter, Tensor } from '../tensor/tensor.js'
import { defineOp } from './define.js'
import { mutate } from './mutate.js'

// The optimizers' rules, each over all parameters in one native call and in place. What changes from step to step is computed in
// double by the optimizer and handed in as a number.

const updateOp = (name: string) => defineOp<readonly number[]>(name, { infer: () => [], encode: (numbers) => numbers })

const sgdOp = updateOp('sgdUpdate')
const rmspropOp = updateOp('rmspropUpdate')
const adamOp = updateOp('adamUpdate')

type Slots = readonly Parameter[] | null | undefined

/** Runs a rule over [parameter, gradient, slots…] of each parameter in turn. */
function update(
  op: typeof sgdOp,
  parameters: readonly Parameter[],
  gradients: readonly Tensor[],
  slots: readonly Slots[],
  numbers: readonly number[],
): void {
  const used = slots.filter((slot) => slot !== null && slot !== undefined)
  const inputs = parameters.flatMap((p, i) => [p, gradients[i] as Tensor, ...used.map((slot) => slot[i] as Parameter)])
  if (inputs.length > 0) mutate(op, inputs, [...parameters, ...used.flat()], numbers)
}

/** w −= η·g; with momentum v ← μ·v − η·g and w += v, or for Nesterov's w += μ·v − η·g. @internal */
export function sgdUpdate(
  parameters: readonly Parameter[],
  gradients: readonly Tensor[],
  velocities: readonly Parameter[] | null,
  { learningRate, momentum, nesterov }: { learningRate: number; momentum: number; nesterov: boolean },
): void {
  update(sgdOp, parameters, gradients, [velocities], [learningRate, momentum, Number(nesterov)])
}

/** v ← ρ·v + (1 − ρ)·g²; w −= η·g/√(v + ε), with momentum and centring as Keras has them. @internal */
export function rmspropUpdate(
  parameters: readonly Parameter[],
  gradients: readonly Tensor[],
  { v, m, average }: { v: readonly Parameter[]; m?: Slots; average?: Slots },
  o: { learningRate: number; rho: number; epsilon: number; momentum: number; centered: boolean },
): void {
  const numbers = [o.learningRate, o.rho, o.epsilon, o.momentum, Number(o.centered)]
  update(rmspropOp, parameters, gradients, [v, m, average], numbers)
}

/** m and v as moving averages of g and g²; w −= stepSize·m/(√v + ε). @internal */
export function adamUpdate(
  parameters: readonly Parameter[],
  gradients: readonly Tensor[],
  { m, v, vhat }: { m: readonly Parameter[]; v: readonly Parameter[]; vhat?: Slots },
  o: { stepSize: number; beta1: number; beta2: number; epsilon: number; amsgrad: boolean },
): void {
  const numbers = [o.stepSize, o.beta1, o.beta2, o.epsilon, Number(o.amsgrad)]
  update(adamOp, parameters, gradients, [m, v, vhat], numbers)
}
